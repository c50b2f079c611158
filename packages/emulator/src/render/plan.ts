/**
 * Reads a prompt and decides what the clip shows. Everything drawn later follows from the plan alone.
 */
import { hashText, makeRandom, type Random } from "./random.ts"
import {
  ACTORS,
  type ActorKind,
  BIOMES,
  type Biome,
  DECISIVE,
  FEATURES,
  type Feature,
  HUES,
  LIGHTS,
  type Light,
  PARTICLES,
  type Particles,
  WEATHERS,
  type Weather
} from "./vocabulary.ts"

export interface Plan {
  readonly prompt: string
  readonly seed: number
  readonly biome: Biome
  readonly light: Light
  readonly weather: Weather
  readonly particles: Particles
  readonly actors: ReadonlyArray<ActorKind>
  /** What the negative prompt took away. */
  readonly without: ReadonlyArray<Feature>
  /** 0..1 round the colour wheel, when the prompt names a colour. */
  readonly hue: number | null
  readonly words: ReadonlyArray<string>
  readonly neon: boolean
  readonly lake: boolean
  readonly monochrome: boolean
  readonly camera: CameraMove
}

export interface CameraMove {
  /** World units a second to the right; the actors' own speed is added to it. */
  readonly pan: number
  /** How much nearer the camera comes during the whole clip; 0.1 is a tenth. */
  readonly zoom: number
  /** How fast things happen; 1 is life. */
  readonly tempo: number
}

export interface PlanOptions {
  readonly prompt: string
  readonly negativePrompt?: string | undefined
  readonly seed: number
}

export const makePlan = (options: PlanOptions): Plan => {
  const text = plain(options.prompt)
  const refused = wordsOf(options.negativePrompt ?? "")
  for (const match of text.matchAll(/\b(?:no|without)\s+([a-z]+)/g)) refused.push(match[1] ?? "")
  const isRefused = (vocabulary: ReadonlyArray<string>) => mentions(refused, vocabulary)
  const words = wordsOf(text.replace(/\b(?:no|without)\s+[a-z]+/g, " ")).filter(
    (word) => !mentions(refused, [word])
  )
  const seed = (hashText(text) ^ Math.imul(options.seed | 0, 0x9e3779b1)) >>> 0
  const random = makeRandom(seed)
  const biome = chooseBiome(words, refused)
  const weather = firstMentioned(WEATHERS, words) ?? "clear"
  const light = chooseLight({ biome, words, text, random, isRefused })
  const without = (Object.keys(FEATURES) as Array<Feature>).filter((feature) => isRefused(FEATURES[feature]))
  return {
    prompt: options.prompt,
    seed,
    biome,
    light,
    weather,
    particles: chooseParticles({ biome, light, words, isRefused }),
    actors: chooseActors({ biome, light, weather, words, random, isRefused }),
    without,
    hue: words.reduce<number | null>((found, word) => found ?? HUES.get(word) ?? null, null),
    words,
    neon: mentions(words, ["neon", "cyberpunk", "vaporwave", "synthwave"]),
    lake:
      !isRefused(["lake", "water"]) &&
      (mentions(words, ["lake", "reflection", "fjord", "river"]) ||
        (biome === "mountains" && random() < 0.5)),
    monochrome: mentions(words, ["monochrome", "noir"]) || text.includes("black and white"),
    camera: chooseCamera(words, random)
  }
}

/** Whether the plan's prompt has one of these words. */
export const says = (plan: Plan, ...vocabulary: ReadonlyArray<string>): boolean =>
  mentions(plan.words, vocabulary)

interface Situation {
  readonly biome: Biome
  readonly words: ReadonlyArray<string>
  readonly isRefused: (vocabulary: ReadonlyArray<string>) => boolean
}

/** Lower case without accents, so that a café is a cafe. */
const plain = (text: string): string => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase()

const wordsOf = (text: string): Array<string> => plain(text).match(/[a-z]+/g) ?? []

const singular = (word: string): string =>
  word.length > 3 && word.endsWith("ies")
    ? `${word.slice(0, -3)}y`
    : word.length > 3 && word.endsWith("s")
      ? word.slice(0, -1)
      : word

const matches = (word: string, entry: string): boolean =>
  word === entry ||
  singular(word) === entry ||
  (word.endsWith("es") && word.slice(0, -2) === entry) ||
  word === singular(entry)

const mentions = (words: ReadonlyArray<string>, vocabulary: ReadonlyArray<string>): boolean =>
  words.some((word) => vocabulary.some((entry) => matches(word, entry)))

const firstMentioned = <K extends string>(
  table: Readonly<Record<K, ReadonlyArray<string>>>,
  words: ReadonlyArray<string>
): K | undefined => (Object.keys(table) as Array<K>).find((key) => mentions(words, table[key]))

/** Earlier words weigh a little more; a decisive word weighs most. */
const chooseBiome = (words: ReadonlyArray<string>, refused: ReadonlyArray<string>): Biome => {
  let best: Biome = "abstract"
  let highest = 0
  for (const biome of Object.keys(BIOMES) as Array<Biome>) {
    if (mentions(refused, [biome])) continue
    let score = 0
    words.forEach((word, position) => {
      if (BIOMES[biome].some((entry) => matches(word, entry))) score += 1 + 0.4 / (1 + position)
      if ((DECISIVE.get(word) ?? DECISIVE.get(singular(word))) === biome) score += 1.5
    })
    if (score > highest) {
      highest = score
      best = biome
    }
  }
  return best
}

const chooseLight = (situation: Situation & { readonly text: string; readonly random: Random }): Light => {
  const { biome, isRefused, random, text, words } = situation
  const named = text.includes("golden hour") ? "sunset" : firstMentioned(LIGHTS, words)
  const chance = random()
  if (named !== undefined) return named
  const usual: Readonly<Record<Biome, ReadonlyArray<Light>>> = {
    ocean: ["sunset", "day"],
    mountains: ["dawn", "day", "sunset"],
    city: ["night", "sunset"],
    forest: ["dawn", "day"],
    meadow: ["day"],
    desert: ["sunset", "day"],
    space: ["night"],
    underwater: ["day"],
    abstract: ["day"]
  }
  const allowed = usual[biome].filter((light) => !isRefused(LIGHTS[light]))
  return allowed[Math.floor(chance * allowed.length)] ?? "day"
}

const chooseParticles = (situation: Situation & { readonly light: Light }): Particles => {
  const { biome, isRefused, light, words } = situation
  const named = firstMentioned(PARTICLES, words)
  if (named !== undefined) return named
  const usual: Partial<Record<Biome, Particles>> = {
    forest: light === "night" || light === "dawn" ? "fireflies" : "dust",
    meadow: "dust",
    desert: "dust",
    underwater: "bubbles"
  }
  const particles = usual[biome] ?? "none"
  return particles !== "none" && isRefused(PARTICLES[particles]) ? "none" : particles
}

const chooseActors = (
  situation: Situation & { readonly light: Light; readonly weather: Weather; readonly random: Random }
): ReadonlyArray<ActorKind> => {
  const { biome, isRefused, light, random, weather, words } = situation
  const boatByChance = random() < 0.5
  const isOpen = biome === "ocean" || biome === "mountains" || biome === "meadow"
  const usual = new Set<ActorKind>()
  if (isOpen && light !== "night" && weather !== "storm") usual.add("birds")
  if (biome === "ocean" && boatByChance) usual.add("boat")
  if (biome === "underwater") usual.add("fish")
  return (Object.keys(ACTORS) as Array<ActorKind>).filter(
    (kind) =>
      (usual.has(kind) ||
        mentions(
          words,
          ACTORS[kind].filter((word) => word !== "animal")
        )) &&
      !isRefused(ACTORS[kind])
  )
}

const chooseCamera = (words: ReadonlyArray<string>, random: Random): CameraMove => {
  const chance = random()
  const isStill = mentions(words, ["static", "still", "tripod"])
  const direction = mentions(words, ["left"]) ? -1 : mentions(words, ["right"]) || chance < 0.5 ? 1 : -1
  const isMoving = mentions(words, [
    "pan",
    "panning",
    "tracking",
    "drone",
    "aerial",
    "flying",
    "flyover",
    "dolly"
  ])
  return {
    pan: isStill ? 0 : direction * (isMoving ? 0.1 : 0.045),
    zoom: isStill ? 0 : mentions(words, ["zoom", "push", "closeup"]) ? 0.25 : 0.08,
    tempo: mentions(words, ["timelapse", "hyperlapse", "fast"])
      ? 4
      : mentions(words, ["slow", "slowly"])
        ? 0.6
        : 1
  }
}
