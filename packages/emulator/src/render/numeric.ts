/**
 * Arithmetic that gives the same bits on every engine.
 *
 * `Math.sin` and its kin may differ between versions of V8; addition, multiplication, division and `Math.sqrt` may
 * not. A clip has to be the same to the byte wherever it is rendered, so everything here is built from those alone.
 */

export const TAU = 6.283185307179586

export const clamp = (value: number, low = 0, high = 1): number => (value < low ? low : Math.min(value, high))

export const lerp = (from: number, to: number, t: number): number => from + (to - from) * t

/** 0 below `from`, 1 above `to` and a soft S between them. */
export const smooth = (from: number, to: number, value: number): number => {
  const t = clamp((value - from) / (to - from))
  return t * t * (3 - 2 * t)
}

/** The remainder that is never negative. */
export const modulo = (value: number, divisor: number): number =>
  value - Math.floor(value / divisor) * divisor

export const fraction = (value: number): number => value - Math.floor(value)

/** Sine, good to about 1e-7: the quarter wave by its Taylor series. */
export const sin = (angle: number): number => {
  let x = angle - TAU * Math.floor(angle / TAU + 0.5)
  if (x > TAU / 4) x = TAU / 2 - x
  else if (x < -TAU / 4) x = -TAU / 2 - x
  const q = x * x
  return x * (1 + q * (-1 / 6 + q * (1 / 120 + q * (-1 / 5040 + q * (1 / 362880 - q / 39916800)))))
}

export const cos = (angle: number): number => sin(angle + TAU / 4)

const LOG2E = Math.LOG2E
const LN2 = Math.LN2

const powerOfTwo = (exponent: number): number => {
  let result = 1
  let base = exponent < 0 ? 0.5 : 2
  for (let n = Math.abs(exponent); n > 0; n >>= 1) {
    if (n & 1) result *= base
    base *= base
  }
  return result
}

export const exp = (value: number): number => {
  if (value < -80) return 0
  const whole = Math.floor(value * LOG2E + 0.5)
  const x = value - whole * LN2
  const series = 1 + x * (1 + x * (1 / 2 + x * (1 / 6 + x * (1 / 24 + x * (1 / 120 + x / 720)))))
  return series * powerOfTwo(Math.min(whole, 120))
}

const log = (value: number): number => {
  let mantissa = value
  let exponent = 0
  while (mantissa > Math.SQRT2) {
    mantissa *= 0.5
    exponent++
  }
  while (mantissa < Math.SQRT1_2) {
    mantissa *= 2
    exponent--
  }
  const s = (mantissa - 1) / (mantissa + 1)
  const q = s * s
  return 2 * s * (1 + q * (1 / 3 + q * (1 / 5 + q * (1 / 7 + q / 9)))) + exponent * LN2
}

/** `base` to the power of `exponent`, for a base that is not negative. */
export const pow = (base: number, exponent: number): number => (base <= 1e-30 ? 0 : exp(exponent * log(base)))

/** The angle of the vector (x, y), within about 1e-5 of the exact one. */
export const atan2 = (y: number, x: number): number => {
  const ax = Math.abs(x)
  const ay = Math.abs(y)
  const a = Math.min(ax, ay) / (Math.max(ax, ay) + 1e-30)
  const s = a * a
  let r =
    a *
    (0.99997726 + s * (-0.33262347 + s * (0.19354346 + s * (-0.11643287 + s * (0.05265332 - s * 0.0117212)))))
  if (ay > ax) r = TAU / 4 - r
  if (x < 0) r = TAU / 2 - r
  return y < 0 ? -r : r
}

export const asin = (value: number): number => {
  const v = clamp(value, -1, 1)
  return atan2(v, Math.sqrt(1 - v * v))
}

export const length = (x: number, y: number): number => Math.sqrt(x * x + y * y)
