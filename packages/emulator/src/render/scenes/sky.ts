/**
 * The sky: its gradient, the light about the sun, clouds in perspective, stars and the sun itself.
 */
import { along, type Color, hex, mix, rgb } from "../color.ts"
import { clamp, exp, length, lerp, modulo, pow, sin, smooth, TAU } from "../numeric.ts"
import { boxAround, fill, glow } from "../picture/brush.ts"
import { screenX, screenY } from "../picture/camera.ts"
import { Field } from "../picture/field.ts"
import type { Frame } from "../picture/frame.ts"
import type { Moment, Stage } from "../stage.ts"

/** How much the sun moves with the camera. */
const SUN_NEARNESS = 0.02

export class Sky {
  private readonly field: Field
  private readonly gradient: ReadonlyArray<Color>
  private readonly halo: Float32Array
  private readonly stars: Stars
  private readonly wind: number

  private readonly stage: Stage

  constructor(stage: Stage) {
    this.stage = stage
    const columns = Math.max(48, Math.min(240, Math.round(stage.width * 0.19)))
    const rows = Math.max(32, Math.min(160, Math.round((columns * stage.height) / stage.width)))
    this.field = new Field(columns, rows)
    this.gradient = Array.from({ length: rows }, (_, row) => along(stage.palette.sky, row / (rows - 1)))
    this.halo = makeHalo(stage.palette.glowStrength)
    this.stars = new Stars(stage, 420)
    this.wind = 5 * (stage.plan.weather === "storm" ? 2.5 : 1)
  }

  /** Everything above the horizon, down to row `until` of the frame. */
  draw(frame: Frame, moment: Moment, until: number): void {
    const horizon = screenY(moment.camera, 0, 1)
    const rows = Math.max(8, horizon + 0.03 * frame.height)
    this.shade(moment, rows)
    this.field.paint(frame, until, rows)
    if (this.stage.palette.stars > 0) {
      this.stars.draw(frame, moment, this.stage.palette.stars, Math.min(until, horizon))
    }
    this.drawSun(frame, moment)
  }

  /** The column of the sun in the frame. */
  sunColumn(moment: Moment): number {
    return screenX(moment.camera, this.stage.sunX, SUN_NEARNESS)
  }

  private shade(moment: Moment, rows: number): void {
    const { field, gradient, halo, stage } = this
    const { palette, sunX, sunY, tile } = stage
    const { camera, time } = moment
    const flash = stage.plan.weather === "storm" ? lightning(time) : 0
    const drift = time * this.wind
    for (let j = 0; j < field.rows; j++) {
      const base = gradient[j] ?? palette.haze
      const height = (rows * (1 - j / (field.rows - 1))) / camera.scale
      const perspective = 1 / (height + 0.09)
      const visible = palette.cover < 1.5 ? smooth(0, 0.12, height) : 0
      const v = perspective * 30
      const stretch = perspective * 34
      for (let i = 0; i < field.columns; i++) {
        const x = (i / (field.columns - 1) - 0.5) * 2 * stage.halfWidth
        const dx = x - sunX
        const dy = (-height - sunY) * 1.15
        const g = halo[Math.min(1023, ((dx * dx + dy * dy) * 256) | 0)] as number
        let luma = base[0] + palette.glow[0] * g * 0.62 + flash
        let blue = base[1] + palette.glow[1] * g
        let red = base[2] + palette.glow[2] * g
        if (visible > 0) {
          const u = (x + camera.x * 0.06) * stretch + drift
          const fine = tile.at(u * 2.3 + drift * 0.7 + 50, v * 2.3) * 0.38
          const here = tile.at(u, v + 20) * 0.62 + fine
          const density = smooth(palette.cover, palette.cover + 0.24, here) * visible
          if (density > 0.003) {
            const towards = tile.at(u - stage.lightFrom * 5, v + 26) * 0.62 + here * 0.38
            const lit = clamp(
              0.62 -
                (towards - palette.cover) * 1.5 +
                (here - towards) * 3.2 +
                g * 0.9 -
                (density - 0.5) * 0.25
            )
            const k = density * 0.92
            luma +=
              (lerp(palette.cloudDark[0], palette.cloudLit[0], lit) +
                palette.glow[0] * g * 0.35 +
                flash -
                luma) *
              k
            blue +=
              (lerp(palette.cloudDark[1], palette.cloudLit[1], lit) + palette.glow[1] * g * 0.4 - blue) * k
            red +=
              (lerp(palette.cloudDark[2], palette.cloudLit[2], lit) + palette.glow[2] * g * 0.4 - red) * k
          }
        }
        const o = j * field.columns + i
        field.luma[o] = 16 + 219 * Math.min(1, luma)
        field.blue[o] = 128 + 224 * blue
        field.red[o] = 128 + 224 * red
      }
    }
  }

  private drawSun(frame: Frame, moment: Moment): void {
    const { palette, plan, tile } = this.stage
    if (palette.disc === 0) return
    const x = this.sunColumn(moment)
    const y = screenY(moment.camera, this.stage.sunY, SUN_NEARNESS)
    const r = palette.disc * moment.camera.scale
    const isMoon = plan.light === "night"
    // Only a low sun takes on the colour of the air.
    const softness = plan.light === "sunset" ? 1 : 0.25
    glow(frame, x, y, r * 4.5, palette.glow, 0.28, 3)
    fill(
      frame,
      boxAround(x, y, r + 2),
      (px, py) => length(px - x, py - y) - r,
      (px, py) =>
        isMoon
          ? mix(
              palette.sun,
              hex("#b9bccb"),
              clamp(tile.at(((px - x) / r) * 22 + 90, ((py - y) / r) * 22 + 90) * 1.3 - 0.45)
            )
          : mix(palette.sun, palette.glow, clamp(((py - y) / r) * 0.25 + 0.12) * softness),
      0.98
    )
  }
}

/** Stars that twinkle; they fade towards the lower border of the part of the frame that they fill. */
export class Stars {
  private readonly stars: ReadonlyArray<{
    readonly x: number
    readonly y: number
    readonly size: number
    readonly phase: number
    readonly color: Color
  }>

  private readonly stage: Stage

  constructor(stage: Stage, count: number) {
    this.stage = stage
    const random = stage.random("stars")
    this.stars = Array.from({ length: count }, () => ({
      x: random(),
      y: random(),
      size: pow(random(), 5),
      phase: random() * TAU,
      color: mix(rgb(0.8, 0.88, 1), rgb(1, 0.9, 0.75), random())
    }))
  }

  draw(frame: Frame, moment: Moment, strength: number, until: number, drift = 0, fading = true): void {
    const unit = this.stage.scale
    for (const star of this.stars) {
      const twinkle = 0.65 + 0.35 * sin(moment.time * 2.2 + star.phase)
      const low = fading ? 1 - 0.8 * star.y : 1
      glow(
        frame,
        (modulo(star.x + drift * (0.3 + star.size), 1.1) - 0.05) * frame.width,
        star.y * until,
        Math.max(0.9, unit * (0.0016 + 0.0042 * star.size)),
        star.color,
        strength * twinkle * low * (0.35 + 0.65 * star.size)
      )
    }
  }
}

/** The light about the sun by the square of the distance, 256 steps a square unit. */
const makeHalo = (strength: number): Float32Array => {
  const halo = new Float32Array(1024)
  for (let i = 0; i < 1024; i++) {
    const squared = i / 256
    halo[i] = strength * (exp(-squared * 5) * 0.55 + 0.5 / (1 + squared * 60))
  }
  return halo
}

const lightning = (time: number): number =>
  Math.max(0, sin(time * 1.7) * sin(time * 4.1 + 1) * sin(time * 23) - 0.45) * 0.65
