/**
 * The embedded default: what it is called, and what is said of it.
 */

/** The provider's name in records and before a model's. */
export const previewName = "emulator"

/** Said before a video that no AI model makes. */
export const notice =
  "No provider is configured: this is a procedural preview drawn on this machine, not an AI model."
