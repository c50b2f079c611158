/**
 * What fills the air: weather and particles, one line each.
 */
import type { Draw } from "../scene.ts"
import type { Stage } from "../stage.ts"

export const particles = (_stage: Stage): ReadonlyArray<Draw> => []
