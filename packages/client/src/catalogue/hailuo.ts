/**
 * What holds for MiniMax's models wherever they are reached.
 */
import type { PromptLimit } from "@mutoscope/core/Capabilities"

/** The longest prompt that MiniMax takes; those that pass its models on say nothing of one. */
export const promptLimit: PromptLimit = { unit: "code points", most: 2000 }
