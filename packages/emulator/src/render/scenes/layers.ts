/**
 * A stack of baked layers from far to near, drawn without painting what nearer ones hide.
 */
import { blit, coveredFrom } from "../picture/blit.ts"
import type { Canvas } from "../picture/canvas.ts"
import type { Frame } from "../picture/frame.ts"
import { bake, type Layer } from "../picture/layer.ts"
import type { Moment } from "../stage.ts"

interface Entry {
  readonly layer: Layer
  readonly nearness: number
}

export class Layers {
  private readonly entries: Array<Entry> = []

  add(canvas: Canvas, nearness: number): void {
    this.entries.push({ layer: bake(canvas), nearness })
  }

  /** The row from which the layers hide whatever is behind them. */
  covers(frame: Frame, moment: Moment): number {
    return this.entries.reduce(
      (row, { layer, nearness }) => Math.min(row, coveredFrom(frame, layer, moment.camera, nearness)),
      frame.height
    )
  }

  draw(frame: Frame, moment: Moment, until = frame.height): void {
    let hidden = until
    const limits = this.entries.map(() => until)
    for (let i = this.entries.length - 1; i >= 0; i--) {
      const entry = this.entries[i]
      if (entry === undefined) continue
      limits[i] = hidden
      hidden = Math.min(hidden, coveredFrom(frame, entry.layer, moment.camera, entry.nearness))
    }
    this.entries.forEach(({ layer, nearness }, i) => {
      blit(frame, layer, moment.camera, nearness, { until: limits[i] ?? until })
    })
  }
}
