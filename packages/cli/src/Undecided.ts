/**
 * The screen of a submit whose outcome is unknown: what was sent, what it may cost, and the three ways on.
 */
import type * as Generation from "@mutoscope/core/Generation"
import * as Money from "@mutoscope/core/Money"
import { label } from "@mutoscope/core/VideoProvider"
import * as DateTime from "effect/DateTime"
import { form, oneLine } from "./wording.ts"

/** A record that somebody has to decide about. */
export type Undecided = Generation.InState<"SubmitUnknown">

/** A record whose job its provider does not know. */
export type Unreachable = Generation.InState<"Unreachable">

/** What is known of an unreachable job, and the ways on. */
export const unreachableScreen = ({ estimate, id, state }: Unreachable): ReadonlyArray<string> => [
  `operation  ${state.operation.id}`,
  `submitted  ${DateTime.formatIso(state.submittedAt)}; unreachable since ${DateTime.formatIso(state.since)}`,
  `cost       ${estimate === undefined ? "unknown" : `${Money.format(estimate)}, held in the budget until it is abandoned`}`,
  "The job is never sent again by itself. Look at the provider's console, then:",
  `  look again      mutoscope resume ${id}`,
  `  another id      mutoscope resolve ${id} --adopt OPERATION`,
  `  give it up      mutoscope resolve ${id} --abandon`
]

/** So much of a raw answer is shown; `show --json` has all that was kept. */
const answerShown = 300

/** What a person needs to know in order to decide. */
export const screen = (generation: Undecided): ReadonlyArray<string> => [
  "It is not sent again, since it may be running and charged already.",
  ...facts(generation),
  ...waysOn(generation)
]

/** What was sent, when, and what it may cost. */
export const facts = (generation: Undecided) => {
  const { id, provider, request, state, estimate } = generation
  return [
    `began     ${DateTime.formatIso(state.startedAt)}, attempt ${state.attempt}`,
    `sent      ${oneLine(request.prompt)}`,
    `named     ${label({ id, attempt: state.attempt })}, where the provider has a place for a name`,
    `to        ${provider}/${request.model.replace(`${provider}/`, "")}`,
    `settings  ${settings(generation)}`,
    `cost      ${estimate === undefined ? "unknown" : `${Money.format(estimate)}, if it was accepted`}`,
    `answer    ${state.error.answer === undefined ? "none came" : oneLine(state.error.answer, answerShown)}`
  ]
}

const settings = ({ ignored, request }: Undecided) =>
  [form(request, ignored), ...(request.seed === undefined ? [] : [`seed ${request.seed}`])].join(", ")

/** The commands that decide. */
export const waysOn = ({ id }: Pick<Generation.Generation, "id">): ReadonlyArray<string> => [
  "Look at the provider's console, then decide:",
  `  what is there  mutoscope resolve ${id}`,
  `  it is there    mutoscope resolve ${id} --adopt OPERATION`,
  `  send it again  mutoscope resolve ${id} --resubmit`,
  "                 (it may be charged twice)",
  `  give it up     mutoscope resolve ${id} --abandon`
]
