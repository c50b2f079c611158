/**
 * What the fixture holds besides its records: batch files of every kind, the images in them, and where it all was when it
 * was made.
 */
import { Buffer } from "node:buffer"

/** The folder in which the fixture was made; a test puts its own in place of it. */
export const place = "/tmp/mutoscope-fixture"

/** The address of the APIs then; a test puts its own in place of it. */
export const origin = "http://127.0.0.1:47231"

/** A batch: how it is run, of how many lines the jobs were sent, and of how many were not. */
export interface Batch {
  readonly title: string
  readonly args: ReadonlyArray<string>
  /** The file that is its stdin. */
  readonly input?: string
  /** What its records call it. */
  readonly name: RegExp
  readonly sent: number
  readonly queued: number
}

const openai = ["--model", "openai/wan2.2"]

/** The batches that were stopped on the way. The first is named by its file's path, which is the same everywhere. */
export const batches: ReadonlyArray<Batch> = [
  {
    title: "text, named by its path",
    args: ["/dev/stdin", ...openai],
    input: "prompts.txt",
    name: /^\/dev\/stdin$/,
    sent: 4,
    queued: 1
  },
  {
    title: "text, named by its content",
    args: ["-", ...openai],
    input: "piped.txt",
    name: /^stdin:/,
    sent: 1,
    queued: 1
  },
  {
    title: "JSON Lines, with keys, images and places",
    args: ["clips.jsonl", "--batch", "clips"],
    name: /^clips$/,
    sent: 5,
    queued: 4
  },
  { title: "CSV", args: ["sheet.csv", "--batch", "sheet"], name: /^sheet$/, sent: 3, queued: 2 }
]

const lines = (...all: ReadonlyArray<unknown>) =>
  all.map((line) => `${typeof line === "string" ? line : JSON.stringify(line)}\n`).join("")

const wan = { model: "openai/wan2.2" }
const veo = { model: "fal/veo-3.1-fast", duration: 6, aspectRatio: "9:16" }
const there = "https://images.example/lamp.png"

/** The smallest picture. */
const png = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==",
  "base64"
)

/** Every file, by its name in the folder of work. */
export const files: Readonly<Record<string, string | Buffer>> = {
  "images/lamp.png": png,
  "prompts.txt": lines(
    "# Run as /dev/stdin.",
    "done: a lamp on a hill",
    "twice: a lamp and its twin",
    "twice: a lamp and its twin",
    "",
    "rendering: a lamp at sea",
    "queued: a lamp on the moon"
  ),
  "piped.txt": lines("done: a lamp in a pipe", "queued: a lamp behind a pipe"),
  "clips.jsonl": lines(
    { prompt: "done: a lamp with a name", key: "intro", ...wan },
    { prompt: "rendering: a lamp with a number", key: 7, ...wan },
    { prompt: "done: a lamp that is drawn already", startImage: "images/lamp.png", ...veo, seed: 11 },
    { prompt: "done: a lamp on a page", startImage: there, ...veo, negativePrompt: "night" },
    { prompt: "done: a lamp in a place of its own", output: "../videos/own.mp4", ...wan, resolution: "480p" },
    { prompt: "queued: a lamp with another name", key: "outro", ...wan, priority: -1 },
    { prompt: "queued: a lamp that is drawn already", startImage: "images/lamp.png", ...veo },
    { prompt: "queued: a lamp on a page", startImage: there, ...veo, audio: false },
    { prompt: "queued: a lamp with options", ...wan, providerOptions: { fps: 16 } }
  ),
  "sheet.csv": lines(
    "prompt,key,model,duration,aspectRatio",
    '"done: a lamp, in a cell",cell-1,openai/wan2.2,4,',
    '"done: a lamp of ""quotes""",,openai/wan2.2,5,9:16',
    "rendering: a lamp in a row,cell-3,openai/wan2.2,,",
    "queued: a lamp in a row,cell-4,openai/wan2.2,6,",
    "queued: a lamp without a key,,openai/wan2.2,6,"
  ),
  "changed-first.txt": lines("queued: a lamp that stays", "aside: a lamp that was taken away"),
  "changed.txt": lines("queued: a lamp that stays")
}
