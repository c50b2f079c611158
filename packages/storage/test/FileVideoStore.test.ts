import { createHash } from "node:crypto"
import * as fs from "node:fs"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as FileVideoStore from "../src/FileVideoStore.ts"
import { deliver, generation, mp4, serve, temporary } from "./fixtures.ts"

describe("FileVideoStore", () => {
  it.scoped("stores a verified video under the time and the words of its prompt", () =>
    Effect.gen(function* () {
      const directory = yield* temporary
      const store = yield* FileVideoStore.make({ directory })
      const body = mp4()
      const video = yield* store.save(deliver(yield* generation(), serve({ body }).open))
      assert.deepStrictEqual(video, {
        path: join(directory, "19700101_000000_A_beautiful_sunset_over.mp4"),
        bytes: body.length,
        sha256: createHash("sha256").update(body).digest("hex"),
        integrity: "length+boxes"
      })
      assert.deepStrictEqual(new Uint8Array(fs.readFileSync(video.path)), new Uint8Array(body))
    })
  )
})
