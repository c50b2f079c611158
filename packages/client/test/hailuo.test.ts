/**
 * MiniMax takes 2,000 characters of a prompt, whoever passes its models on.
 */
import { assert, describe, it } from "@effect/vitest"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Fal from "../src/Fal.ts"
import { read } from "../src/internal/openRouterModels.ts"
import * as OpenRouter from "../src/OpenRouter.ts"
import * as Replicate from "../src/Replicate.ts"
import * as Runway from "../src/Runway.ts"

const apiKey = Redacted.make("key")
const apis = [
  Fal.api("fal", { apiKey }),
  Replicate.api("replicate", { apiKey }),
  OpenRouter.api("openrouter", { apiKey }),
  Runway.api("runway", { apiKey })
]
const listed = Option.getOrElse(
  read("openrouter", JSON.stringify({ data: [{ id: "minimax/hailuo-4" }] }), "2026-11-22"),
  () => []
)
const rows = [...apis.flatMap(({ models }) => models), ...listed].filter(({ model, title }) =>
  /hailuo|minimax/i.test(model + title)
)

describe("Hailuo", () => {
  it("is there, with each of them", () => {
    assert.deepStrictEqual([...new Set(rows.map(({ provider }) => provider))].toSorted(), [
      "fal",
      "openrouter",
      "replicate",
      "runway"
    ])
  })

  it.each(rows)("tells so of $provider/$model", ({ promptLimit }) => {
    assert.deepStrictEqual(promptLimit, { unit: "code points", most: 2000 })
  })
})
