/**
 * Inside a wood: trunks row behind row in the mist, and slanting rays of light.
 */
import { add, type Color, hex, hsl, mix, scale } from "../color.ts"
import { atan2, clamp, exp, length, pow, smooth } from "../numeric.ts"
import type { Canvas } from "../picture/canvas.ts"
import { Field } from "../picture/field.ts"
import type { Frame } from "../picture/frame.ts"
import { says } from "../plan.ts"
import type { Random } from "../random.ts"
import type { SceneKind } from "../scene.ts"
import type { Moment, Stage } from "../stage.ts"
import { conifer } from "./flora.ts"
import { Layers } from "./layers.ts"
import { Stars } from "./sky.ts"

const ROWS = 6
/** Rows behind the rays, and behind the actors. */
const FAR_ROWS = 4

interface Air {
  readonly mist: Color
  readonly above: Color
  readonly deep: Color
}

export const forest: SceneKind = {
  horizon: () => 0.74,
  habitats: ["ground"],
  make: (stage) => {
    const air = airOf(stage)
    const far = new Layers()
    const near = new Layers()
    for (let row = 0; row < ROWS; row++) plantRow(stage, air, row, row < FAR_ROWS ? far : near)
    const backdrop = makeBackdrop(stage, air)
    const rays = makeRays(stage)
    const stars = stage.palette.stars > 0.5 ? new Stars(stage, 240) : null
    return {
      places: { ground: { y: stage.bottom - 0.145, size: 0.85, nearness: 1 } },
      back: (frame, moment) => {
        backdrop(frame, moment)
        stars?.draw(frame, moment, 0.6, frame.height * 0.5)
        far.draw(frame, moment)
        rays(frame, moment)
        near.draw(frame, moment)
      }
    }
  }
}

const airOf = (stage: Stage): Air => {
  const { palette, plan } = stage
  const isNight = plan.light === "night"
  const mist = isNight
    ? hex("#16304a")
    : plan.hue !== null
      ? mix(hsl(plan.hue, 0.4, 0.6), palette.haze, 0.4)
      : hex(plan.light === "sunset" ? "#f0b070" : plan.weather === "snow" ? "#d5e0e8" : "#cfe0b4")
  return {
    mist,
    above: isNight ? hex("#0a1a30") : mix(mist, hex("#6f9a78"), 0.5),
    deep: hex(isNight ? "#040a10" : plan.weather === "snow" ? "#2a3a44" : "#0e1d12")
  }
}

const plantRow = (stage: Stage, air: Air, index: number, layers: Layers): void => {
  const { halfWidth, noise, plan } = stage
  const q = index / (ROWS - 1)
  const nearness = 0.15 + 0.9 * q * q
  const random = stage.random(`forest ${index}`)
  const ground = (stage.bottom - 0.11) * q * q
  const canvas = stage.ring({
    nearness,
    top: stage.top - 0.03,
    bottom: stage.bottom + 0.04,
    detail: index < 2 ? 0.7 : 0.9
  })
  const color = mix(air.mist, air.deep, pow(0.1 + 0.9 * q, 1.15))
  const count = Math.round(canvas.span * (12 - 9.4 * q))
  for (let i = 0; i < count; i++) {
    const x = canvas.x + ((i + 0.15 + 0.7 * random()) / count) * canvas.span
    if (index < 3 && random() < 0.5) {
      conifer(stage, canvas, {
        x,
        y: ground + 0.02,
        height: (0.42 + 0.3 * random()) * (0.8 + q),
        random,
        color
      })
      continue
    }
    // The nearest trunks frame the picture; none stands in its middle.
    if (index === ROWS - 1 && Math.abs(x) < halfWidth * 0.62) continue
    const radius = (0.006 + 0.006 * random()) * (0.7 + 3.2 * q * q)
    plantTrunk(stage, canvas, { x, foot: ground + 0.05, radius, color, air, nearness: q, random })
  }
  const cells = Math.max(3, Math.round(canvas.span * (4 - 2 * q)))
  const fine = Math.round(canvas.span * 14)
  const moss = mix(
    air.mist,
    hex(plan.weather === "snow" ? "#eef4f8" : "#5b7a35"),
    plan.weather === "snow" ? 0.8 : 0.55
  )
  canvas.ground(
    (x) => ground + 0.03 - 0.05 * noise.hills(canvas.around(x), cells, 4, index),
    (x, depth) => {
      const grain = noise.mottle(canvas.around(x), depth * 40, fine, 3, index)
      return mix(color, moss, clamp((0.5 * grain + 0.2) * (1 - depth * 3) * (1 - 0.55 * q)))
    }
  )
  if (index >= 2)
    addUndergrowth(stage, canvas, { ground, q, color, light: mix(air.mist, hex("#6f9440"), 0.5) })
  layers.add(canvas, nearness)
}

interface Trunk {
  readonly x: number
  readonly foot: number
  readonly radius: number
  readonly color: Color
  readonly air: Air
  readonly nearness: number
  readonly random: Random
}

const plantTrunk = (stage: Stage, canvas: Canvas, trunk: Trunk): void => {
  const { lightFrom, noise } = stage
  const { air, color, foot, nearness: q, radius, random, x } = trunk
  const steps = 16
  const rise = (foot - stage.top + 0.05) / steps
  const lean = (random() - 0.5) * 0.1
  const row = Math.floor(random() * 200)
  const light = mix(color, air.mist, 0.5)
  let px = x
  let py = foot
  for (let s = 1; s <= steps; s++) {
    const nx = x + lean * (s / steps) + (noise.line(s / 40, 24, row) - 0.5) * 0.02 * (0.4 + q)
    const ny = foot - s * rise
    const thick = radius * (1.25 - 0.3 * (s / steps))
    canvas.capsule(px, py, thick, nx, ny, thick * 0.98, (across, down) => {
      const bark =
        q > 0.35 ? (noise.plane(across * 0.2 + x, (ny + down * radius) * 40, 16, row) - 0.5) * 0.3 * q : 0
      return mix(scale(color, 0.8 + bark), light, clamp(0.15 + across * 0.65 * lightFrom) * 0.7)
    })
    px = nx
    py = ny
    if (s > 4 && random() < 0.35) growBranch(stage, canvas, trunk, nx, ny)
  }
}

const growBranch = (stage: Stage, canvas: Canvas, trunk: Trunk, x: number, y: number): void => {
  const { air, color, nearness: q, radius, random } = trunk
  const side = random() < 0.5 ? -1 : 1
  const long = radius * (4 + 7 * random())
  canvas.capsule(x, y, radius * 0.32, x + side * long, y - long * 0.55, radius * 0.08, () => color)
  if (q <= 0.2) return
  const green = mix(air.mist, hex(stage.plan.words.includes("autumn") ? "#d08a3a" : "#8fbf4a"), 0.5)
  for (let i = 0; i < 22; i++) {
    const lx = x + side * long * (0.25 + 0.9 * random())
    const ly = y - long * (0.05 + 0.75 * random())
    const size = radius * (0.16 + 0.28 * random())
    const bright = 0.12 + 0.3 * random() * (1 - q * 0.5)
    const tilt = random() - 0.3
    canvas.capsule(lx, ly, size, lx + size * 1.6, ly + size * 1.4 * tilt, size * 0.4, (across, down) =>
      mix(scale(color, 0.9), green, bright * clamp(0.75 - down * 0.5 + across * 0.25 * stage.lightFrom))
    )
  }
}

const addUndergrowth = (
  stage: Stage,
  canvas: Canvas,
  options: { readonly ground: number; readonly q: number; readonly color: Color; readonly light: Color }
): void => {
  const { color, ground, light, q } = options
  const random = stage.random(`undergrowth ${q}`)
  const tone = mix(color, light, 0.35 * (1 - 0.7 * q))
  for (let i = 0; i < Math.round(canvas.span * 90); i++) {
    const x = canvas.x + random() * canvas.span
    const y = ground + 0.012 + random() * 0.02
    const height = (0.02 + 0.035 * random()) * (0.5 + q)
    const bend = (random() - 0.5) * 1.5
    canvas.capsule(
      x,
      y,
      0.002 * (0.6 + q),
      x + bend * height,
      y - height * (1 - 0.3 * bend * bend),
      0.0006,
      () => tone
    )
  }
}

/** Where the light comes in, in world units. */
const sourceOf = (stage: Stage) => ({ x: stage.sunX * 0.8, y: stage.top - 0.12 })

const makeBackdrop = (stage: Stage, air: Air) => {
  const { palette, tile } = stage
  const columns = Math.max(32, Math.min(160, Math.round(stage.width * 0.12)))
  const field = new Field(
    columns,
    Math.max(32, Math.min(120, Math.round((columns * stage.height) / stage.width)))
  )
  const source = sourceOf(stage)
  const strength = stage.plan.light === "night" ? 0.16 : 0.38
  return (frame: Frame, { camera, time }: Moment): void => {
    for (let j = 0; j < field.rows; j++) {
      const v = j / (field.rows - 1)
      for (let i = 0; i < columns; i++) {
        const dx = (i / (columns - 1) - 0.5) * 2 * stage.halfWidth - source.x
        const dy = v - 0.12
        const drift = (tile.at(i * 0.55 + time * 3 + camera.x * 20, j * 0.9) - 0.5) * 0.1
        const color = mix(air.above, air.mist, clamp(v * 1.2 + drift))
        field.set(j * columns + i, add(color, palette.glow, strength * exp(-(dx * dx * 2.2 + dy * dy * 3))))
      }
    }
    field.paint(frame)
  }
}

const makeRays = (stage: Stage) => {
  const { palette, plan, tile } = stage
  const columns = Math.max(32, Math.min(150, stage.width >> 3))
  const field = new Field(columns, Math.max(32, Math.min(120, stage.height >> 3)))
  const source = sourceOf(stage)
  const isDull = plan.weather === "rain" || plan.weather === "storm" || plan.light === "overcast"
  const isBright = says(plan, "ray", "sunray", "beam", "sunbeam", "sunlight", "sun")
  const strength = isDull ? 0.12 : plan.light === "night" ? 0.25 : isBright ? 1.1 : 0.7
  return (frame: Frame, { camera, time }: Moment): void => {
    for (let j = 0; j < field.rows; j++) {
      const y = stage.top + (j / (field.rows - 1)) * (stage.bottom - stage.top)
      for (let i = 0; i < columns; i++) {
        const dx = (i / (columns - 1) - 0.5) * 2 * stage.halfWidth - source.x + camera.x * 0.05
        const dy = y - source.y
        const angle = atan2(dx, dy)
        const away = length(dx, dy)
        const beam =
          tile.at(angle * 130 + time * 1.1 + 64, 30 + time * 1.7) * 0.6 +
          tile.at(angle * 290 - time * 1.6, 90) * 0.4
        const light = smooth(0.42, 0.72, beam) * exp(-away * 0.95) * smooth(0, 0.3, away)
        field.setLight(j * columns + i, palette.glow, light * strength)
      }
    }
    field.shine(frame)
  }
}
