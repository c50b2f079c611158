/**
 * `mutoscope models`
 */
import * as Args from "@effect/cli/Args"
import * as Command from "@effect/cli/Command"
import * as Options from "@effect/cli/Options"
import { lazily } from "../lazily.ts"
import { json } from "./shared.ts"

const text = (name: string, description: string) =>
  Options.text(name).pipe(Options.withDescription(description), Options.optional)

const actions = async () => (await import("../work.ts")).models

const show = Command.make(
  "show",
  {
    model: Args.text({ name: "model" }).pipe(
      Args.withDescription("Any of its names, with or without its provider")
    ),
    json
  },
  lazily(async () => (await actions()).show)
).pipe(Command.withDescription("Show all that is known of a model"))

/** List the models, and what each can do. */
export const models = Command.make(
  "models",
  {
    provider: text("provider", "Only those of this provider"),
    input: Options.choice("input", ["image", "last-frame", "reference", "video"]).pipe(
      Options.withDescription("Only those that take such an input; may be given several times"),
      Options.repeated
    ),
    maxPrice: text("max-price", "Only those that cost no more dollars a second, at their cheapest"),
    audio: Options.boolean("audio").pipe(Options.withDescription("Only those with sound")),
    search: text("search", "Only those with this text in a name"),
    json
  },
  lazily(async () => (await actions()).list)
).pipe(Command.withDescription("List the models, and what each can do"), Command.withSubcommands([show]))
