/**
 * The ambience of a scene: a slow chord, the noise of wind or water, now and then a note or a bird; made in blocks, so
 * that its memory does not grow with the clip.
 */
import { clamp, cos, exp, pow, sin, TAU } from "../numeric.ts"
import type { Plan } from "../plan.ts"
import { hashText, makeRandom, type Random } from "../random.ts"
import type { Biome } from "../vocabulary.ts"

export const SAMPLE_RATE = 48_000

/** Samples of one block; a tenth of a second. */
export const BLOCK = 4_800

/** Loudness of the noise, how bright it is, and swells a second. */
type Bed = readonly [level: number, brightness: number, swell: number]

const BEDS: Readonly<Record<Biome, Bed>> = {
  ocean: [0.16, 0.02, 0.11],
  underwater: [0.14, 0.006, 0.2],
  forest: [0.05, 0.05, 0.15],
  meadow: [0.05, 0.05, 0.2],
  mountains: [0.08, 0.02, 0.1],
  desert: [0.09, 0.03, 0.12],
  city: [0.09, 0.008, 0.25],
  space: [0.07, 0.004, 0.07],
  abstract: [0.03, 0.01, 0.1]
}

const MAJOR = { chord: [0, 7, 12, 16, 19], scale: [0, 2, 4, 7, 9, 12] }
const MINOR = { chord: [0, 7, 12, 15, 19], scale: [0, 3, 5, 7, 10, 12] }

export type Stereo = readonly [left: Float32Array, right: Float32Array]

interface Voice {
  readonly addTo: (block: Stereo, start: number) => void
}

/** Makes the clip's blocks in order; the last one may be shorter. */
export function* soundBlocks(plan: Plan, duration: number): Generator<Stereo> {
  const random = makeRandom(plan.seed ^ hashText("sound"))
  const isMinor =
    plan.light === "night" || plan.weather !== "clear" || plan.biome === "city" || plan.biome === "space"
  const { chord, scale } = isMinor ? MINOR : MAJOR
  const root = 110 * pow(2, Math.floor(random() * 7) / 12)
  const voices: ReadonlyArray<Voice> = [
    ...chord.flatMap((semitone) => [
      padVoice(root * pow(2, semitone / 12) * 0.9981, 0, semitone, random),
      padVoice(root * pow(2, semitone / 12) * 1.0023, 1, semitone, random)
    ]),
    noiseVoice(plan),
    noteVoice(plan, root, scale, duration, random)
  ]
  const finish = makeFinish(duration)
  const total = Math.round(duration * SAMPLE_RATE)
  for (let start = 0; start < total; start += BLOCK) {
    const length = Math.min(BLOCK, total - start)
    const block: Stereo = [new Float32Array(length), new Float32Array(length)]
    for (const voice of voices) voice.addTo(block, start)
    finish(block, start)
    yield block
  }
}

/** A steady tone that swells slowly; its wave is a recurrence, two operations a sample. */
const padVoice = (frequency: number, channel: 0 | 1, semitone: number, random: Random): Voice => {
  const step = (TAU * frequency) / SAMPLE_RATE
  const k = 2 * cos(step)
  let before = sin(-step)
  let now = 0
  const level = 0.035 / (1 + semitone * 0.03)
  const phase = random() * TAU
  const rate = (0.08 + 0.1 * random()) * TAU
  const loudness = (sample: number) => level * (0.65 + 0.35 * sin(phase + (rate * sample) / SAMPLE_RATE))
  return {
    addTo: (block, start) => {
      const out = block[channel]
      let gain = loudness(start)
      const slope = (loudness(start + out.length) - gain) / out.length
      for (let i = 0; i < out.length; i++) {
        const next = k * now - before
        before = now
        now = next
        out[i] = (out[i] as number) + next * gain
        gain += slope
      }
    }
  }
}

/** Wind, waves, hum or rain: noise through a filter that opens and closes. */
const noiseVoice = (plan: Plan): Voice => {
  const [level, brightness, swellRate] = BEDS[plan.biome]
  const wet = plan.weather === "rain" || plan.weather === "storm" ? 0.03 : 0
  let state = (plan.seed | 1) >>> 0
  const white = () => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state | 0) / 2147483648
  }
  let left = 0
  let right = 0
  return {
    addTo: ([outLeft, outRight], start) => {
      let open = 0
      let gain = 0
      for (let i = 0; i < outLeft.length; i++) {
        if ((i & 255) === 0) {
          const swell = 0.55 + 0.45 * sin((TAU * swellRate * (start + i)) / SAMPLE_RATE + 1)
          open = brightness * (0.6 + swell)
          gain = ((level * swell) / Math.sqrt(open)) * 0.55
        }
        const a = white()
        const b = white()
        left += (a - left) * open
        right += (b - right) * open
        outLeft[i] = (outLeft[i] as number) + left * gain + a * wet
        outRight[i] = (outRight[i] as number) + right * gain + b * wet
      }
    }
  }
}

interface Note {
  readonly start: number
  readonly length: number
  readonly frequency: number
  readonly pan: number
  readonly level: number
  /** How fast it dies away, a second. */
  readonly decay: number
  /** How much the pitch of a bird's call wavers. */
  readonly waver: number
  phase: number
}

/** Soft plucked notes, and in woods and meadows the calls of birds. */
const noteVoice = (
  plan: Plan,
  root: number,
  scale: ReadonlyArray<number>,
  duration: number,
  random: Random
): Voice => {
  const hasBirds = plan.light !== "night" && (plan.biome === "forest" || plan.biome === "meadow")
  const notes: Array<Note> = []
  for (let at = 0.5; at < duration - 0.6; at += 0.35 + 0.9 * random()) {
    const start = Math.floor(at * SAMPLE_RATE)
    const isCall = hasBirds && random() < 0.6
    const semitone = scale[Math.floor(random() * scale.length)] ?? 0
    notes.push({
      start,
      length: Math.floor(SAMPLE_RATE * (isCall ? 0.16 : 1.4)),
      frequency: isCall ? 2400 + 1800 * random() : root * 4 * pow(2, semitone / 12),
      pan: random(),
      level: isCall ? 0.03 : 0.07,
      decay: isCall ? 30 : 3.2,
      waver: isCall ? 0.25 : 0,
      phase: 0
    })
  }
  return {
    addTo: ([left, right], start) => {
      for (const note of notes) {
        const from = Math.max(0, note.start - start)
        const to = Math.min(left.length, note.start + note.length - start)
        for (let i = from; i < to; i++) {
          const age = (start + i - note.start) / SAMPLE_RATE
          const pitch = note.waver === 0 ? note.frequency : note.frequency * (1 + note.waver * sin(age * 90))
          note.phase += (TAU * pitch) / SAMPLE_RATE
          const value = sin(note.phase) * exp(-age * note.decay) * Math.min(1, age * 200) * note.level
          left[i] = (left[i] as number) + value * (1 - note.pan)
          right[i] = (right[i] as number) + value * note.pan
        }
      }
    }
  }
}

/** An echo from the other side, a fade at both ends, and a limiter that cannot clip. */
const makeFinish = (duration: number) => {
  const delay = Math.floor(SAMPLE_RATE * 0.31)
  const pastLeft = new Float32Array(delay)
  const pastRight = new Float32Array(delay)
  const total = duration * SAMPLE_RATE
  const ramp = Math.min(SAMPLE_RATE * 0.4, total / 4)
  return ([left, right]: Stereo, start: number): void => {
    for (let i = 0; i < left.length; i++) {
      const at = (start + i) % delay
      const a = (left[i] as number) + (pastRight[at] as number) * 0.22
      const b = (right[i] as number) + (pastLeft[at] as number) * 0.22
      pastLeft[at] = a
      pastRight[at] = b
      const gain = clamp(Math.min((start + i) / ramp, (total - start - i) / ramp))
      left[i] = (a * gain) / (1 + Math.abs(a * gain))
      right[i] = (b * gain) / (1 + Math.abs(b * gain))
    }
  }
}
