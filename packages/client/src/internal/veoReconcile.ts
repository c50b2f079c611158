/**
 * Looking for a submit whose answer was lost in the list of a model's jobs. The list knows no labels, so all that it can
 * give are jobs from about the time.
 */
import type { PollError } from "@mutoscope/core/GenerationError"
import type { Operation } from "@mutoscope/core/Operation"
import type { Intent, Reconciliation } from "@mutoscope/core/VideoProvider"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { pollError } from "./classification.ts"
import { poll, promoted, type Site } from "./http.ts"
import { window } from "./jobList.ts"
import type { Line } from "./line.ts"
import { OperationName } from "./veoAnswer.ts"
import type { Addresses } from "./veoForm.ts"

const Page = Schema.parseJson(
  Schema.Struct({
    operations: Schema.optionalWith(
      Schema.Array(
        Schema.Struct({
          name: OperationName,
          metadata: Schema.optional(Schema.Struct({ createTime: Schema.optional(Schema.DateTimeUtc) }))
        })
      ),
      { default: () => [] }
    ),
    nextPageToken: Schema.optionalWith(Schema.String, { default: () => "" })
  })
)
type Listed = (typeof Page.Type)["operations"][number]

const decodePage = Schema.decodeOption(Page)

/** Whoever has more jobs than fit on so many pages is told nothing, since the right one may be on the next. */
const mostPages = 20

/** The jobs of the model that were made while the submit was on its way. A server that has no such list is asked for nothing more. */
export const reconcile = (
  line: Line,
  site: Site,
  list: Addresses["list"],
  model: string,
  intent: Pick<Intent, "startedAt">
): Effect.Effect<Reconciliation, PollError> =>
  Option.match(list, {
    onNone: () => Effect.succeed({ _tag: "NotSupported" }),
    onSome: (question) =>
      Effect.gen(function* () {
        const time = yield* window(intent)
        const listed = yield* pages(line, site, (token) => question(model, token), "", mostPages)
        if (Option.isNone(listed)) return { _tag: "NotSupported" } as const
        // What does not say when it was made may be of any time, and so it is no candidate.
        const isOfThen = ({ metadata }: Listed) =>
          metadata?.createTime !== undefined && DateTime.between(metadata.createTime, time)
        const operations = listed.value
          .filter(isOfThen)
          .map(({ name }): Operation => ({ provider: site.provider, id: name, model }))
        return { _tag: "Candidates", operations } as const
      }).pipe(Effect.catchIf(isNoList, () => Effect.succeed({ _tag: "NotSupported" } as const)))
  })

const pages = (
  line: Line,
  site: Site,
  question: (token: string) => Parameters<typeof poll>[2],
  token: string,
  left: number
): Effect.Effect<Option.Option<ReadonlyArray<Listed>>, PollError> =>
  left === 0
    ? Effect.succeedNone
    : Effect.gen(function* () {
        const answer = yield* poll(line, site, question(token))
        const page = decodePage(answer.body)
        if (Option.isNone(page))
          return yield* pollError(promoted({ ...answer, fault: "its answer is no list of operations" }))
        const { nextPageToken, operations } = page.value
        if (nextPageToken === "") return Option.some(operations)
        const rest = yield* pages(line, site, question, nextPageToken, left - 1)
        return Option.map(rest, (others) => [...operations, ...others])
      })

/** Proxies that know no list say so in many ways; none of them is about the submit. */
const isNoList = (error: PollError) =>
  error._tag === "OperationNotFound" ||
  (error._tag === "UnexpectedAnswer" && [400, 403, 405, 501].includes(error.status))
