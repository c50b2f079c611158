/**
 * What each model of Seedance takes. Second-hand, of 2026: others saw the vendor's service refuse the rest.
 *
 * @internal
 */

/**
 * - `seconds`: the shortest and the longest video.
 * - `ownLength`: it may be left to choose how long the video gets.
 * - `flex`: it is there at the slow, cheap tier too.
 * - `ratioOfFrame`: a ratio may be asked for where an image is what the video begins with.
 */
export interface Model {
  readonly seconds: readonly [least: number, most: number]
  readonly resolutions: ReadonlyArray<string>
  readonly audio: boolean
  readonly cameraFixed: boolean
  readonly flex: boolean
  readonly lastFrame: boolean
  readonly references: boolean
  readonly ownLength: boolean
  readonly ratioOfFrame: boolean
}

/** An endpoint of one's own, or a model that nobody here knows: whatever any of them takes. */
const any: Model = {
  seconds: [2, 30],
  resolutions: ["480p", "720p", "1080p", "4k"],
  audio: true,
  cameraFixed: true,
  flex: true,
  lastFrame: true,
  references: true,
  ownLength: true,
  ratioOfFrame: true
}

const to720 = ["480p", "720p"]
const to1080 = ["480p", "720p", "1080p"]

const second: Model = { ...any, seconds: [4, 15], flex: false }
const first: Model = {
  ...any,
  seconds: [2, 12],
  resolutions: to1080,
  audio: false,
  references: false,
  ownLength: false
}

/** By a part of their names, which are others in China. The first that fits is meant. */
const models: ReadonlyArray<readonly [part: string, model: Model]> = [
  [
    "seedance-2-5",
    { ...second, seconds: [4, 30], resolutions: to1080, cameraFixed: false, ratioOfFrame: false }
  ],
  ["seedance-2-0-fast", { ...second, resolutions: to720 }],
  ["seedance-2-0-mini", { ...second, resolutions: to720 }],
  ["seedance-2-0", second],
  ["seedance-1-5", { ...first, seconds: [4, 12], audio: true, ownLength: true }],
  ["seedance-1-0-pro-fast", { ...first, lastFrame: false }],
  ["seedance-1-0", first]
]

/** What a model takes, by its name. */
export const of = (name: string): Model => models.find(([part]) => name.includes(part))?.[1] ?? any
