/**
 * The worker threads of one clip: hands out the groups, keeps them in order, and never lets them run far ahead of
 * what has been written.
 */
import { Worker } from "node:worker_threads"
import { framesPerGroup, type Job, type Report, type Task } from "./job.ts"
import type { SoundTrack } from "./media/aac.ts"
import type { EncodedGroup } from "./media/h264.ts"

export interface CrewOptions {
  readonly script: URL
  readonly job: Job
  readonly threads: number
  readonly audio: boolean
  /** Told after each frame, with the share of them that is drawn. */
  readonly onProgress: (fraction: number) => void
}

export class Crew {
  readonly groups: number
  private readonly workers: ReadonlyArray<Worker>
  private readonly tasks: Array<Task> = []
  private readonly idle: Array<Worker> = []
  private readonly done = new Map<number, EncodedGroup>()
  private readonly ahead: number
  private sound: SoundTrack | undefined
  private taken = 0
  private drawn = 0
  private failure: Error | undefined
  private wake: () => void = () => {}

  private readonly options: CrewOptions

  constructor(options: CrewOptions) {
    this.options = options
    const { audio, job, script, threads } = options
    const size = framesPerGroup(job.frames)
    this.groups = Math.ceil(job.frames / size)
    if (audio) this.tasks.push({ type: "sound" })
    for (let index = 0; index < this.groups; index++) {
      this.tasks.push({
        type: "group",
        index,
        from: index * size,
        to: Math.min(job.frames, (index + 1) * size)
      })
    }
    const count = Math.min(threads, this.groups)
    this.ahead = count + 1
    this.workers = Array.from({ length: count }, () => this.hire(script, job))
  }

  /** The whole sound track. */
  async nextSound(): Promise<SoundTrack> {
    return this.until(() => this.sound)
  }

  /** The next group, in the order of the clip. */
  async nextGroup(): Promise<EncodedGroup> {
    const index = this.taken
    const group = await this.until(() => this.done.get(index))
    this.done.delete(index)
    this.taken++
    this.assign()
    return group
  }

  /** Ends all workers at once, whatever they are doing. */
  async dismiss(): Promise<void> {
    this.tasks.length = 0
    await Promise.all(this.workers.map((worker) => worker.terminate()))
  }

  private hire(script: URL, job: Job): Worker {
    // The young generation is kept small: drawing makes much short-lived garbage, and memory is counted.
    const worker = new Worker(script, {
      workerData: job,
      execArgv: [],
      resourceLimits: { maxYoungGenerationSizeMb: 8 }
    })
    worker.on("message", (message: Report) => this.hear(worker, message))
    worker.on("error", (error: Error) => this.fail(error))
    worker.on("exit", (code) => this.fail(new Error(`a render worker ended with code ${code}`)))
    this.idle.push(worker)
    queueMicrotask(() => this.assign())
    return worker
  }

  private hear(worker: Worker, message: Report): void {
    if (message.type === "frame") {
      this.drawn++
      this.options.onProgress(this.drawn / this.options.job.frames)
      return
    }
    if (message.type === "sound") this.sound = message.sound
    else this.done.set(message.index, message.group)
    this.idle.push(worker)
    this.assign()
    this.wake()
  }

  private assign(): void {
    while (this.idle.length > 0) {
      const task = this.tasks[0]
      if (task === undefined || (task.type === "group" && task.index >= this.taken + this.ahead)) return
      this.tasks.shift()
      this.idle.shift()?.postMessage(task)
    }
  }

  private fail(error: Error): void {
    this.failure ??= error
    this.wake()
  }

  private async until<A>(look: () => A | undefined): Promise<A> {
    for (;;) {
      const found = look()
      if (found !== undefined) return found
      if (this.failure !== undefined) throw this.failure
      await new Promise<void>((resolve) => {
        this.wake = resolve
      })
    }
  }
}
