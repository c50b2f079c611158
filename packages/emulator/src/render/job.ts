/**
 * What the renderer and its workers say to each other.
 */
import type { SoundTrack } from "./media/aac.ts"
import type { EncodedGroup } from "./media/h264.ts"
import type { Plan } from "./plan.ts"

/** What a worker knows from its start. */
export interface Job {
  readonly plan: Plan
  readonly width: number
  readonly height: number
  readonly fps: number
  readonly frames: number
  /** Seconds. */
  readonly duration: number
}

export type Task =
  | { readonly type: "sound" }
  /** Draw and encode the frames from `from` up to, not including, `to`. */
  | { readonly type: "group"; readonly index: number; readonly from: number; readonly to: number }

export type Report =
  | { readonly type: "frame" }
  | { readonly type: "sound"; readonly sound: SoundTrack }
  | { readonly type: "group"; readonly index: number; readonly group: EncodedGroup }

/**
 * How many frames each group has. It depends on the clip alone, never on the machine, because groups decide the bytes:
 * about a second each, fewer in a short clip so that several cores find work.
 */
export const framesPerGroup = (frames: number): number => Math.max(8, Math.min(24, Math.ceil(frames / 8)))

/** Above this many pixels the picture is drawn at half size and enlarged. */
export const FULL_SIZE_PIXELS = 1920 * 1088
