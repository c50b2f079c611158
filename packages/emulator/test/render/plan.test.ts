import { assert, describe, it } from "@effect/vitest"
import * as FastCheck from "effect/FastCheck"
import { makePlan } from "../../src/render/plan.ts"
import { ACTORS, type Biome, type Light } from "../../src/render/vocabulary.ts"

const plan = (prompt: string, negativePrompt?: string, seed = 1) => makePlan({ prompt, negativePrompt, seed })

describe("makePlan", () => {
  it.each<[string, Biome]>([
    ["a sailboat on the ocean at sunset", "ocean"],
    ["tropical beach with palms", "ocean"],
    ["snowy alps above a lake", "mountains"],
    ["neon cyberpunk street in Tokyo", "city"],
    ["a deer in a misty forest", "forest"],
    ["a golden retriever runs through a meadow", "meadow"],
    ["a dog in the park", "meadow"],
    ["camels in the Sahara", "desert"],
    ["a ringed planet in a nebula", "space"],
    ["a coral reef with fish", "underwater"],
    ["a whale in the ocean", "underwater"],
    ["swirling ink", "abstract"],
    ["", "abstract"],
    ["\u6d77", "abstract"]
  ])("%j is set in the %s", (prompt, biome) => {
    assert.strictEqual(plan(prompt).biome, biome)
  })

  it.each<[string, Light]>([
    ["the sea at sunset", "sunset"],
    ["the sea at golden hour", "sunset"],
    ["the sea at sunrise", "dawn"],
    ["the sea on a starry night", "night"],
    ["the sea on a gloomy day", "overcast"],
    ["the sea at noon", "day"]
  ])("%j has the light of %s", (prompt, light) => {
    assert.strictEqual(plan(prompt).light, light)
  })

  it("reads weather, colour and camera", () => {
    const it = plan("a drone shot panning left over a purple meadow in the fog, timelapse")
    assert.strictEqual(it.weather, "fog")
    assert.strictEqual(it.hue, 0.78)
    assert.isBelow(it.camera.pan, 0)
    assert.isAbove(it.camera.tempo, 1)
    assert.strictEqual(plan("static shot of the sea").camera.pan, 0)
  })

  it("is not led astray by words that every object knows", () => {
    assert.isNull(plan("a constructor, its prototype and toString").hue)
  })

  it("knows plurals", () => {
    assert.include(plan("two dogs on a meadow").actors, "dog")
    assert.include(plan("puppies on a meadow").actors, "dog")
    assert.include(plan("foxes in the forest").actors, "fox")
  })

  it("leaves out what the negative prompt names", () => {
    const prompt = "a sailboat and birds on the ocean, stars, flowers, fireflies"
    assert.include(plan(prompt).actors, "birds")
    const without = plan(prompt, "Birds, text, clouds, trees, stars, fireflies")
    assert.notInclude(without.actors, "birds")
    assert.include(without.actors, "boat")
    assert.includeMembers([...without.without], ["caption", "clouds", "trees", "stars"])
    assert.notStrictEqual(without.particles, "fireflies")
    assert.notStrictEqual(plan("rain in the city", "rain").weather, "rain")
  })

  it("understands 'no' and 'without' in the prompt itself", () => {
    const it = plan("mountains with no birds and without clouds, no lake")
    assert.notInclude(it.actors, "birds")
    assert.include(it.without, "clouds")
    assert.isFalse(it.lake)
  })

  it("leaves any actor out of any prompt that refuses it", () => {
    const kinds = Object.keys(ACTORS) as Array<keyof typeof ACTORS>
    FastCheck.assert(
      FastCheck.property(
        FastCheck.constantFrom(...kinds),
        FastCheck.constantFrom(...kinds),
        FastCheck.integer(),
        (kept, refused, seed) => {
          const { actors } = plan(
            `${ACTORS[kept][0]} and ${ACTORS[refused][0]}`,
            `${ACTORS[refused][0]}`,
            seed
          )
          assert.notInclude(actors, refused)
        }
      )
    )
  })

  it("makes a plan of any text, and the same one each time", () => {
    FastCheck.assert(
      FastCheck.property(
        FastCheck.string({ unit: "binary" }),
        FastCheck.string(),
        FastCheck.integer(),
        (prompt, negative, seed) => {
          assert.deepStrictEqual(plan(prompt, negative, seed), plan(prompt, negative, seed))
        }
      )
    )
  })
})
