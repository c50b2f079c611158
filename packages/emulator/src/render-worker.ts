/**
 * The worker thread of the renderer: draws and encodes groups of pictures, or makes the sound.
 */
import { parentPort, workerData } from "node:worker_threads"
import { makeAnimation } from "./render/animation.ts"
import { FULL_SIZE_PIXELS, type Job, type Report, type Task } from "./render/job.ts"
import { encodeSound } from "./render/media/aac.ts"
import { encodeGroup } from "./render/media/h264.ts"
import { enlarge } from "./render/picture/enlarge.ts"
import { Frame } from "./render/picture/frame.ts"

const job = workerData as Job

/** Makes the frames of the clip at full size; built once, when the first group is asked for. */
const makePainter = () => {
  const { duration, fps, frames, height, plan, width } = job
  const isHalf = width * height > FULL_SIZE_PIXELS
  const full = new Frame(width, height)
  const drawn = isHalf ? new Frame(halfEven(width), halfEven(height)) : full
  const draw = makeAnimation({ plan, width: drawn.width, height: drawn.height, duration, fps, frames })
  return (index: number): Uint8Array => {
    draw(drawn, index)
    if (isHalf) enlarge(drawn, full)
    return full.bytes
  }
}

const halfEven = (size: number): number => (Math.ceil(size / 2) + 1) & ~1

let painter: ((index: number) => Uint8Array) | undefined

const report = (message: Report, moved: ReadonlyArray<Uint8Array> = []): void => {
  parentPort?.postMessage(
    message,
    moved.flatMap((bytes) => (bytes.buffer instanceof ArrayBuffer ? [bytes.buffer] : []))
  )
}

const run = async (task: Task): Promise<void> => {
  if (task.type === "sound") {
    const sound = await encodeSound(job.plan, job.duration)
    return report({ type: "sound", sound })
  }
  painter ??= makePainter()
  const { height, fps, width } = job
  const encoder = await encodeGroup({ width, height, fps, frames: task.to - task.from })
  for (let index = task.from; index < task.to; index++) {
    encoder.add(painter(index))
    report({ type: "frame" })
  }
  report({ type: "group", index: task.index, group: await encoder.finish() })
}

parentPort?.on("message", (task: Task) => {
  // An error here ends the worker, and the renderer hears of it.
  run(task).catch((error: unknown) => {
    queueMicrotask(() => {
      throw error
    })
  })
})
