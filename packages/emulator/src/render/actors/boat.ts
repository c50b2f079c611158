/**
 * A sailing boat, rocking, with its broken image on the water.
 */
import { hex, mix, rgb, scale } from "../color.ts"
import { clamp, sin } from "../numeric.ts"
import { stamp } from "../picture/blit.ts"
import { screenX, screenY, unitAt } from "../picture/camera.ts"
import { bake, type Layer } from "../picture/layer.ts"
import type { Actor } from "../scene.ts"
import type { Stage } from "../stage.ts"

export const boat: Actor = {
  habitat: "water",
  make: (stage, place) => {
    const layer = makeBoat(stage)
    // Palms stand where the camera comes from, so it starts on the other side.
    const start = stage.heading * 0.1 * stage.halfWidth
    // A long clip must not lose it out of the picture.
    const speed = Math.min(0.014, (0.5 * stage.halfWidth) / stage.duration)
    return (frame, { camera, time }) => {
      const unit = unitAt(camera, place.nearness) * place.size * 1.15
      const x = screenX(
        camera,
        start + camera.x * place.nearness + stage.heading * speed * time,
        place.nearness
      )
      const y = screenY(camera, place.y + 0.003 * sin(time * 1.7), place.nearness)
      const roll = 0.02 * sin(time * 1.1)
      stamp(frame, layer, x, y + unit * 0.012, unit, {
        flipped: true,
        opacity: 0.28,
        sway: (down) => 0.006 * sin(down * 40 + time * 5) * (1 - down)
      })
      stamp(frame, layer, x, y, unit, { sway: (down) => roll * (1 - down) })
    }
  }
}

const makeBoat = (stage: Stage): Layer => {
  const { heading, palette } = stage
  const canvas = stage.sheet(-0.1, -0.21, 0.2, 0.23, 1.3)
  const sail = mix(rgb(1, 0.97, 0.92), palette.glow, 0.45)
  const h = -heading
  canvas.capsule(0, 0, 0.0016, 0, -0.2, 0.0011, () => scale(palette.dark, 1.2))
  canvas.polygon(
    [
      [h * 0.004, -0.195],
      [h * 0.022, -0.11],
      [h * 0.072, -0.02],
      [h * 0.004, -0.02]
    ],
    (x, y) => mix(sail, scale(sail, 0.7), clamp((y + 0.19) * 4 + h * x * 3))
  )
  canvas.polygon(
    [
      [h * -0.004, -0.175],
      [h * -0.024, -0.1],
      [h * -0.058, -0.022],
      [h * -0.004, -0.022]
    ],
    (_, y) => mix(scale(sail, 0.88), scale(sail, 0.5), clamp((y + 0.165) * 6))
  )
  canvas.polygon(
    [
      [h * -0.078, -0.017],
      [h * 0.07, -0.013],
      [h * 0.054, 0.008],
      [h * -0.05, 0.008]
    ],
    (_, y) => mix(mix(palette.dark, hex("#6b2a22"), 0.55), palette.dark, clamp((y + 0.014) * 50))
  )
  return bake(canvas)
}
