/**
 * Images and videos as Veo wants them: base64, or a name in Google's own storage.
 */
import { UnsupportedOption } from "@mutoscope/core/GenerationError"
import type { MediaInput } from "@mutoscope/core/VideoRequest"
import * as Effect from "effect/Effect"
import { base64, type InputError, load, type Place } from "./inputs.ts"

/** An image or a video as Veo wants it. */
export type WireMedia =
  | { readonly bytesBase64Encoded: string; readonly mimeType: string }
  | { readonly gcsUri: string; readonly mimeType: string }

/** Google takes a request of 20 MB at most, and as base64 inputs are a third larger; half a megabyte is for the rest. */
export const largest = 14_500_000

/** An input in Veo's form. */
export const wireMedia = (input: MediaInput, place: Place): Effect.Effect<WireMedia, InputError> => {
  if (input._tag !== "Url")
    return Effect.map(load(input, place), (loaded) => ({
      bytesBase64Encoded: base64(loaded),
      mimeType: loaded.mimeType
    }))
  return input.url.startsWith("gs://")
    ? Effect.succeed({ gcsUri: input.url, mimeType: typeOfName(input.url, place) })
    : new UnsupportedOption({
        provider: place.provider,
        model: place.model,
        option: `${place.field} from the address`,
        value: input.url.slice(0, 80),
        supported: [`the ${place.kind}'s bytes`, "a gs:// address"]
      })
}

/** The type of a medium that only its name tells. */
export const typeOfName = (name: string, { kind }: Pick<Place, "kind">): string =>
  kind === "video"
    ? "video/mp4"
    : /\.png$/i.test(name)
      ? "image/png"
      : /\.webp$/i.test(name)
        ? "image/webp"
        : "image/jpeg"
