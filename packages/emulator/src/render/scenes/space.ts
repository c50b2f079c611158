/**
 * Deep space: a nebula, stars, and a planet that turns, perhaps with rings.
 */
import { add, BLACK, type Color, hex, hsl, mix, rgb, scale } from "../color.ts"
import { asin, atan2, clamp, exp, length, pow, smooth } from "../numeric.ts"
import { fill, glow } from "../picture/brush.ts"
import { Field } from "../picture/field.ts"
import type { Frame } from "../picture/frame.ts"
import { says } from "../plan.ts"
import type { SceneKind } from "../scene.ts"
import type { Moment, Stage } from "../stage.ts"
import { Stars } from "./sky.ts"

export const space: SceneKind = {
  horizon: () => 0.5,
  habitats: ["space"],
  make: (stage) => {
    const nebula = makeNebula(stage)
    const stars = new Stars(stage, 460)
    const planet = makePlanet(stage)
    const hasStars = !stage.plan.without.includes("stars")
    return {
      places: { space: { y: 0, size: 1, nearness: 1 } },
      back: (frame, moment) => {
        nebula(frame, moment)
        if (hasStars) stars.draw(frame, moment, 1, frame.height, -moment.camera.x * 0.08, false)
        planet(frame, moment)
      }
    }
  }
}

const makeNebula = (stage: Stage) => {
  const { plan, tile } = stage
  const random = stage.random("nebula")
  const columns = Math.max(64, Math.min(200, Math.round(stage.width * 0.16)))
  const field = new Field(
    columns,
    Math.max(48, Math.min(200, Math.round((columns * stage.height) / stage.width)))
  )
  const hue = plan.hue ?? random()
  const inner = hsl(hue, 0.75, 0.42)
  const band = hsl(hue + 0.18, 0.8, 0.5)
  const veil = hsl(hue + 0.55, 0.7, 0.45)
  return (frame: Frame, { camera, time }: Moment): void => {
    const zoom = 46 / camera.zoom
    for (let j = 0; j < field.rows; j++) {
      for (let i = 0; i < columns; i++) {
        const x = (i / (columns - 1) - 0.5) * 2 * stage.halfWidth
        const y = (j / (field.rows - 1) - 0.5) * (stage.height / stage.scale)
        const u = (x + camera.x * 0.2) * zoom
        const v = y * zoom
        const bendX = tile.at(u + 30, v + time * 0.7) - 0.5
        const bendY = tile.at(u * 0.8 + 90 - time * 0.5, v * 0.8 + 40) - 0.5
        const gas = tile.at(u * 1.6 + bendX * 46, v * 1.6 + bendY * 46 + 10)
        const dust = tile.at(u * 0.9 + bendY * 50 + 70, v * 0.9 + bendX * 40)
        const across = (y + x * 0.35) * 2.4
        const milky = exp(-across * across)
        let color: Color = add(hex("#04040c"), inner, smooth(0.4, 0.95, gas) * (0.25 + 0.75 * milky) * 0.95)
        color = add(color, band, smooth(0.5, 0.95, dust) * milky * 0.8)
        color = add(color, veil, smooth(0.62, 1, gas * 0.5 + dust * 0.5) * 0.5)
        const shadow = 0.6 * smooth(0.55, 0.8, tile.at(u * 2 + 11, v * 2 + 77)) * milky
        field.set(j * columns + i, mix(color, BLACK, shadow))
      }
    }
    field.paint(frame)
  }
}

const makePlanet = (stage: Stage) => {
  const { halfWidth, tile } = stage
  const random = stage.random("planet")
  const side = random() < 0.5 ? -1 : 1
  const centre = side * 0.34 * Math.min(halfWidth, 0.85)
  const radius = (0.26 + 0.08 * random()) * Math.min(1, halfWidth * 1.4)
  const hasRing = random() < 0.5 || says(stage.plan, "ring", "ringed", "saturn")
  const land = hsl(random(), 0.5, 0.5)
  const sea = hsl(random(), 0.45, 0.7)
  const ringColor = mix(sea, rgb(0.95, 0.88, 0.75), 0.5)
  const air = rgb(0.45, 0.65, 1)
  const lightX = -0.62 * side
  return (frame: Frame, { camera, time }: Moment): void => {
    const unit = camera.scale * camera.zoom
    const cx = frame.width / 2 + (centre - camera.x * 0.12) * unit
    const cy = frame.height * 0.5
    const r = radius * unit
    const ring = (inFront: boolean) => {
      if (!hasRing) return
      const reach = { left: cx - r * 2.2, right: cx + r * 2.2, top: cy - r * 0.9, bottom: cy + r * 0.9 }
      const orbit = (x: number, y: number) => length(x - cx, (y - cy - (x - cx) * 0.16) / 0.24) / r
      fill(
        frame,
        reach,
        (x, y) =>
          inFront !== y - cy - (x - cx) * 0.16 > 0 ? 9 : (Math.abs(orbit(x, y) - 1.68) - 0.36) * r * 0.24,
        (x, y) => scale(ringColor, (0.35 + 0.65 * tile.at(orbit(x, y) * 90, 10)) * 0.9),
        0.62
      )
    }
    glow(
      frame,
      cx + lightX * r * 0.25,
      cy - 0.42 * r * 0.25,
      r * 1.28,
      mix(sea, rgb(0.5, 0.7, 1), 0.6),
      0.3,
      3
    )
    ring(false)
    fill(
      frame,
      { left: cx - r - 2, right: cx + r + 2, top: cy - r - 2, bottom: cy + r + 2 },
      (x, y) => length(x - cx, y - cy) - r,
      (x, y) => {
        const nx = (x - cx) / r
        const ny = (y - cy) / r
        const nz = Math.sqrt(Math.max(0, 1 - nx * nx - ny * ny))
        const longitude = atan2(nx, nz) * 24 + time * 1.6
        const latitude = asin(ny) * 30
        const swirl = tile.at(longitude * 0.7 + 40, latitude * 0.5 + 9) - 0.5
        const surface = tile.at(longitude + swirl * 18, latitude * 2.2 + swirl * 22 + 60)
        const light = clamp(nx * lightX - ny * 0.42 + nz * 0.62 + 0.06)
        const rim = pow(1 - nz, 3) * clamp(light + 0.25)
        return add(scale(mix(land, sea, smooth(0.25, 0.75, surface)), 0.04 + light * 1.05), air, rim * 0.55)
      }
    )
    ring(true)
  }
}
