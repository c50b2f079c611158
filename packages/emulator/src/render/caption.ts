/**
 * What is written on the picture: the prompt below, and above, always, that no AI model made it.
 */
import type { Frame } from "./picture/frame.ts"
import { breakLines, letter, lettersIn, type Mask, print } from "./picture/lettering.ts"
import type { Plan } from "./plan.ts"

export const NOTICE = "Procedural preview - not an AI model"

export class Caption {
  private readonly notice: Mask
  private readonly prompt: Mask | null
  private readonly margin: number

  private readonly width: number
  private readonly height: number

  constructor(plan: Plan, width: number, height: number) {
    this.width = width
    this.height = height
    const shortSide = Math.min(width, height)
    this.margin = Math.round(shortSide * 0.03)
    const room = width - this.margin * 2
    const size = Math.max(6, Math.round(shortSide * 0.022))
    this.notice = letter(
      breakLines(NOTICE, lettersIn(room, size * 0.86), 2),
      Math.max(5, Math.round(size * 0.86)),
      0.14
    )
    const lines = plan.without.includes("caption")
      ? []
      : breakLines(plan.prompt.slice(0, 300), lettersIn(room, size), 2)
    this.prompt = lines.length === 0 ? null : letter(lines, size)
  }

  draw(frame: Frame): void {
    const { height, margin, notice, prompt, width } = this
    print(frame, notice, width - margin - notice.width, margin * 0.7, 0.9)
    if (prompt === null) return
    this.darken(frame, prompt)
    print(frame, prompt, (width - prompt.width) / 2, height - margin * 0.8 - prompt.height, 0.95)
  }

  /** A soft shade behind the prompt, so that it can be read on snow. */
  private darken(frame: Frame, prompt: Mask): void {
    const from = Math.floor(this.height - this.margin * 1.8 - prompt.height * 1.6)
    for (let y = Math.max(0, from); y < this.height; y++) {
      const depth = (y - from) / (this.height - from)
      const keep = 256 - Math.round(118 * depth * (2 - depth))
      for (let x = 0, o = y * this.width; x < this.width; x++, o++) {
        frame.luma[o] = 16 + ((((frame.luma[o] as number) - 16) * keep) >> 8)
      }
    }
  }
}
