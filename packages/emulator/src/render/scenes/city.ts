/**
 * A skyline at the water: four rows of buildings, traffic on the quay, and their lights on a wet ground.
 */
import { add, type Color, hex, mix, scale } from "../color.ts"
import { modulo, pow, sin } from "../numeric.ts"
import { glow } from "../picture/brush.ts"
import { screenX, screenY } from "../picture/camera.ts"
import type { Frame } from "../picture/frame.ts"
import { Water } from "../picture/water.ts"
import type { SceneKind } from "../scene.ts"
import type { Moment, Stage } from "../stage.ts"
import { type Beacon, lampLight, raiseBuildings } from "./buildings.ts"
import { Layers } from "./layers.ts"
import { Sky } from "./sky.ts"

/** How far below the horizon the quay ends, in world units. */
const QUAY = 0.022

export const city: SceneKind = {
  horizon: () => 0.7,
  habitats: ["sky", "water", "ground"],
  make: (stage) => {
    const { palette, plan } = stage
    const sky = new Sky(stage)
    const water = new Water(stage.tile)
    const layers = new Layers()
    const beacons: Array<Beacon> = []
    for (let row = 0; row < 4; row++) beacons.push(...raiseBuildings(stage, layers, row))
    const traffic = makeTraffic(stage)
    const promenade = new Layers()
    if (stage.walk > 0) pavePromenade(stage, promenade)
    const deep = mix(palette.dark, palette.sky[1]?.[1] ?? palette.dark, 0.5)
    return {
      places: {
        sky: { y: stage.top * 0.72, size: 0.8, nearness: 0.3 },
        water: { y: QUAY + 0.09, size: 0.7, nearness: 1 },
        ground: { y: stage.bottom - 0.12, size: 0.75, nearness: 1 }
      },
      back: (frame, moment) => {
        const shore = Math.round(screenY(moment.camera, QUAY, 1)) & ~1
        sky.draw(frame, moment, shore + 2)
        layers.draw(frame, moment, shore)
        for (const beacon of beacons) drawBeacon(frame, moment, beacon)
        traffic(frame, moment, shore)
        water.draw(
          frame,
          {
            shore,
            base: deep,
            mirror: 0.82,
            chop: plan.weather === "rain" || plan.weather === "storm" ? 1 : 0.8,
            sunX: 0,
            glint: 0,
            glintColor: palette.glow,
            streak: 1.35
          },
          moment.time * 0.7
        )
        promenade.draw(frame, moment)
      }
    }
  }
}

const drawBeacon = (frame: Frame, { camera, time }: Moment, beacon: Beacon): void => {
  const pulse = pow(Math.max(0, sin(time * 2.4 + beacon.phase)), 4)
  const x = modulo(beacon.x - camera.x * beacon.nearness + beacon.ring / 2, beacon.ring) - beacon.ring / 2
  glow(
    frame,
    screenX(camera, x + camera.x * beacon.nearness, beacon.nearness),
    screenY(camera, beacon.y, beacon.nearness),
    camera.scale * 0.012,
    hex("#ff3a3a"),
    0.9 * pulse,
    3
  )
}

/** Head and tail lights; each drags a fainter one behind it. */
const makeTraffic = (stage: Stage) => {
  const random = stage.random("traffic")
  const lamps = lampLight(stage)
  const width = stage.halfWidth * 2 + 0.4
  const cars = Array.from({ length: 26 }, () => {
    const direction = random() < 0.5 ? 1 : -1
    return { speed: (0.08 + 0.16 * random()) * direction, x: random(), lane: random(), direction }
  })
  const front: Color = hex("#fff0c8")
  const rear: Color = hex("#ff3020")
  return (frame: Frame, { camera, time }: Moment, shore: number): void => {
    const unit = camera.scale
    for (const car of cars) {
      const way = modulo(car.x * width + (car.speed - stage.speed) * time, width) - width / 2
      const x = frame.width / 2 + way * unit
      const y = shore - (0.006 + 0.012 * car.lane) * unit
      const color = car.direction > 0 ? front : rear
      glow(frame, x, y, unit * 0.016, color, 0.9 * (0.2 + 0.8 * lamps), 3)
      glow(frame, x - car.direction * 0.03 * unit, y, unit * 0.013, scale(color, 0.9), 0.4 * lamps, 3)
      if (lamps > 0.5) glow(frame, x, y, unit * 0.05, add(color, color, 0.1), 0.12, 2)
    }
  }
}

/** A paved bank before the water, with a railing, for those who walk. */
const pavePromenade = (stage: Stage, layers: Layers): void => {
  const { noise, palette } = stage
  const top = stage.bottom - 0.17
  const canvas = stage.ring({ nearness: 1, top: top - 0.075, bottom: stage.bottom + 0.03 })
  const stone = mix(mix(palette.dark, hex("#8a90a6"), 0.5), palette.haze, 0.3)
  const fine = Math.round(canvas.span * 60)
  const slab = canvas.span / Math.round(canvas.span / 0.09)
  canvas.ground(
    () => top,
    (x, depth) => {
      const course = Math.floor(depth / 0.035)
      const joint = modulo(x - canvas.x + course * 0.5 * slab, slab) < 0.003 || modulo(depth, 0.035) < 0.003
      const grain = noise.plane(canvas.around(x), depth * 60, fine, 5)
      return scale(stone, (joint ? 0.55 : 0.75 + 0.3 * grain) * (depth < 0.006 ? 1.5 : 1))
    }
  )
  const iron = scale(palette.dark, 0.7)
  for (let x = canvas.x; x < canvas.x + canvas.span - slab / 2; x += slab) {
    canvas.capsule(x, top, 0.003, x, top - 0.065, 0.0025, () => iron)
  }
  for (const y of [0.062, 0.034]) {
    canvas.rectangle(canvas.x, top - y, canvas.span, 0.0035, () => iron)
  }
  layers.add(canvas, 1)
}
