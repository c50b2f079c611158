/**
 * `mutoscope generate`
 */
import * as Args from "@effect/cli/Args"
import * as Command from "@effect/cli/Command"
import * as Options from "@effect/cli/Options"
import { lazily } from "../lazily.ts"
import { json, quiet, spending } from "./shared.ts"

const text = (name: string, description: string) =>
  Options.text(name).pipe(Options.withDescription(description), Options.optional)

const whole = (name: string, description: string) =>
  Options.integer(name).pipe(Options.withDescription(description), Options.optional)

/** The flags that describe a video. */
export const request = {
  model: text("model", "The model, like veo-3.1 or vertex/veo-3.0-fast; see mutoscope models"),
  aspectRatio: text("aspect-ratio", "16:9 (default, or the nearest that the model can do), 9:16, 1:1 or 4:3"),
  duration: whole("duration", "Seconds, 2 to 60 (default 5, or the nearest that the model can do)"),
  resolution: text("resolution", "480p, 720p (default, or the nearest that the model can do), 1080p or 4K"),
  negativePrompt: text("negative-prompt", "What shall not be seen"),
  seed: whole("seed", "The same seed and prompt give a similar video; the preview's is the same to the byte"),
  audio: Options.boolean("audio").pipe(
    Options.withDescription("With sound; the model decides where neither is given")
  ),
  noAudio: Options.boolean("no-audio").pipe(Options.withDescription("Without sound")),
  startImage: text("start-image", "The first picture: a file or an address"),
  lastFrame: text("last-frame", "The last picture: a file or an address"),
  referenceImage: Options.text("reference-image").pipe(
    Options.withDescription("Something to be seen: a file or an address; may be given several times"),
    Options.repeated
  ),
  extend: text("extend", "A video to go on with: a file or an address"),
  snap: Options.boolean("snap").pipe(
    Options.withDescription("Take the nearest that the model can do where it cannot do what is asked")
  ),
  fallback: Options.text("fallback").pipe(
    Options.withDescription(
      "The model to try next where one certainly accepted nothing; may be given several times"
    ),
    Options.repeated
  ),
  fallbackUnclear: Options.boolean("fallback-unclear").pipe(
    Options.withDescription(
      "Try the next model also after a refusal without a reason (403); its filter may have blocked the prompt"
    )
  ),
  providerOptions: text("provider-options", "More for this one provider, as JSON")
}

/** Where the prompt comes from. */
export const prompt = {
  prompt: Args.text({ name: "prompt" }).pipe(
    Args.withDescription("What the video shall show; - reads it from stdin"),
    Args.optional
  ),
  promptFile: text("prompt-file", "Read the prompt from a file")
}

/** From a prompt to the path of a video. */
export const generate = Command.make(
  "generate",
  {
    ...prompt,
    request,
    output: Options.text("output").pipe(
      Options.withAlias("o"),
      Options.withDescription(
        "The folder for the video, or a file ending in .mp4 or .webm (default: the current folder)"
      ),
      Options.optional
    ),
    detach: Options.boolean("detach").pipe(
      Options.withAlias("d"),
      Options.withDescription("Return once the job is known to run; fetch it with mutoscope resume")
    ),
    fresh: Options.boolean("fresh").pipe(
      Options.withDescription("Render it even where the very same clip (same seed) is there already")
    ),
    key: text("key", "A name for the job: whoever uses it again gets the same video, and pays once"),
    ...spending,
    json,
    quiet
  },
  lazily(async () => (await import("../work.ts")).generate)
).pipe(Command.withDescription("Make a video from a prompt, and print its path"))
