/**
 * The colour of an animal's coat or of clothes, from the words of the prompt.
 */
import { type Color, hex } from "../color.ts"
import { type Plan, says } from "../plan.ts"

const COATS: ReadonlyArray<readonly [words: ReadonlyArray<string>, color: string]> = [
  [["black", "dark"], "#2e2b33"],
  [["white", "husky", "polar"], "#ece6da"],
  [["golden", "retriever", "labrador", "lab", "blond"], "#d69a52"],
  [["grey", "gray", "wolf", "silver"], "#8b8d94"],
  [["brown", "chestnut"], "#7a4c2c"],
  [["ginger", "orange", "tabby", "corgi"], "#d98038"],
  [["red"], "#b8472f"],
  [["yellow"], "#e0b43c"],
  [["blue"], "#3f63b8"],
  [["green"], "#3f8a54"],
  [["pink"], "#e07ba6"],
  [["purple"], "#7a4fb0"]
]

/** The first colour that is named, or the usual one. */
export const coatOf = (plan: Plan, usual: string): Color =>
  hex(COATS.find(([words]) => says(plan, ...words))?.[1] ?? usual)
