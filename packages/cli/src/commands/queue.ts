/**
 * `mutoscope queue`
 */
import * as Args from "@effect/cli/Args"
import * as Command from "@effect/cli/Command"
import * as Options from "@effect/cli/Options"
import { lazily } from "../lazily.ts"
import { json, quiet } from "./shared.ts"

const run = Command.make(
  "run",
  {
    concurrency: Options.integer("concurrency").pipe(
      Options.withDescription("How many to have in hand at once (default 8)"),
      Options.withDefault(8)
    ),
    json,
    quiet
  },
  lazily(async () => (await import("../work.ts")).queue.run)
).pipe(Command.withDescription("Make all that waits in the queue"))

const pause = Command.make(
  "pause",
  {},
  lazily(async () => (await import("../work.ts")).queue.pause)
).pipe(Command.withDescription("Take nothing more from the queue; what is in flight goes on"))

const continue_ = Command.make(
  "continue",
  {
    provider: Options.text("provider").pipe(
      Options.withDescription(
        "Send jobs again to this provider, which was stopped as it delivered no videos"
      ),
      Options.optional
    )
  },
  lazily(async () => (await import("../work.ts")).queue.continue_)
).pipe(Command.withDescription("Take from the queue again"))

const limit = Command.make(
  "limit",
  {
    target: Args.text({ name: "provider[/model]" }).pipe(
      Args.withDescription("A provider, or one of its models, under the names of mutoscope models")
    ),
    most: Args.text({ name: "jobs" }).pipe(Args.withDescription("How many at once, or none for no limit"))
  },
  lazily(async () => (await import("../work.ts")).queue.limit)
).pipe(Command.withDescription("Limit how many jobs are in flight, for every process"))

/** The queue as it stands, and what can be done with it. */
export const queue = Command.make(
  "queue",
  { json },
  lazily(async () => (await import("../work.ts")).queue.show)
).pipe(Command.withDescription("Show the queue"), Command.withSubcommands([run, pause, continue_, limit]))
