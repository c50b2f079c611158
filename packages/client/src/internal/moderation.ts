/**
 * Whether a provider says that a filter blocked a prompt, an input or a video. The vendors' codes and sentences are data, in
 * `catalogue/moderation.ts`; what no vendor is known to say is judged by its words, which is less certain.
 */
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { filters, supportCodes } from "../catalogue/moderation.ts"

/**
 * How certain it is that content was blocked. `Named`: by a code or a sentence of a vendor's filter. `Worded`: a sentence that
 * is in no table says so; it is believed of a job or a request that failed anyway, and never ends a job by itself.
 */
export type Verdict = "Named" | "Worded" | "None"

/** What is known of texts and codes, each as the provider wrote it. */
export const verdict = (...said: ReadonlyArray<string>): Verdict =>
  said.some(isNamed) ? "Named" : said.some(isWorded) ? "Worded" : "None"

/** Whether texts of a provider, or its codes, say that content was blocked. */
export const isModerated = (...said: ReadonlyArray<string>): boolean => verdict(...said) !== "None"

/** What is known of the body of a refusal: its codes and sentences, also those of the vendor behind a gateway. */
export const verdictOf = (body: string): Verdict =>
  Option.match(decodeJson(body), {
    onNone: () => verdict(isPage(body) ? "" : body),
    onSome: (value) => {
      const signs = signsIn(value, longestNesting)
      return signs.some((sign) => sign._tag === "Field") ? "Named" : verdict(...signs.map(({ text }) => text))
    }
  })

/** A reason with what Google's support codes in it stand for. */
export const explained = (reason: string): string => {
  const known = [...new Set(supportCodesIn(reason).flatMap((code) => supportCodes[code] ?? []))]
  return known.length === 0 ? reason : `${reason} (${known.join(", ")})`
}

// --- what a vendor is known to say -----------------------------------------------------------------------------------

const isNamed = (said: string): boolean => {
  const text = plain(said)
  return (
    words.has(text.trim()) ||
    codes.test(text) ||
    phrases.test(text) ||
    supportCodesIn(said).some((code) => Object.hasOwn(supportCodes, code))
  )
}

const supportCodesIn = (text: string): ReadonlyArray<string> =>
  /support codes?:[\s*]*([\d\s,*]+)/i.exec(text)?.[1]?.match(/\d+/g) ?? []

/** In lower case, on one line, with the apostrophe of typewriters. */
const plain = (text: string): string =>
  text
    .slice(0, longestText)
    .toLowerCase()
    .replace(/[\u2018\u2019]/g, "'")
    .replace(/\s+/g, " ")

const longestText = 4096

const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")

/** What follows a dot is never empty: a sentence may end with the word before it. */
const codePattern = (code: string): string =>
  escaped(code).replace(/(\\\.)?\\\*$/, (_, dot: string | undefined) =>
    dot === undefined ? "[\\w.:-]*" : "\\.\\w[\\w.:-]*"
  )

const phrasePattern = (phrase: string): string => escaped(phrase).replaceAll(" \\* ", " [^.!?]{1,60} ")

const words = new Set(filters.flatMap(({ words = [] }) => words))

const codes = new RegExp(
  `(?:^|[^\\w-])(?:${filters
    .flatMap(({ codes = [] }) => codes)
    .map(codePattern)
    .join("|")})(?![\\w-])`
)

const phrases = new RegExp(
  filters
    .flatMap(({ phrases = [] }) => phrases)
    .map(phrasePattern)
    .join("|")
)

const fields = new Set(filters.flatMap(({ fields = [] }) => fields))

// --- what words say --------------------------------------------------------------------------------------------------

/**
 * What happened, and why, in one sentence; and nothing in it that is about a setting, an account or a limit. Of three words
 * or fewer, the reason alone says it. What is quoted is passed over: it may be what was asked for.
 */
const isWorded = (said: string): boolean =>
  plain(said)
    .replace(/(^|[\s(:[])(["'`])[^"'`]{0,400}\2(?=$|[\s.,;:)\]])/g, "$1")
    .split(/[.!?;]\s|\n/)
    .some(
      (sentence) =>
        because.test(sentence) &&
        !otherwise.test(sentence) &&
        (happened.test(sentence) || sentence.trim().split(" ").length <= 3)
    )

const happened =
  /\b(blocked|rejected|flagged|refused|filtered|withheld|moderated|censored|disallowed|violat(es?|ed|ing|ions?)|triggered|against|not allowed|not permitted|did not pass|does not pass|failed|detected|contains?|considered|depicts?)\b/

const because =
  /\b(moderation|safety|unsafe|responsible ai|content (polic(y|ies)|filters?|checkers?|guidelines|rules|security)|(usage|use|community|acceptable use) (polic(y|ies)|guidelines)|nsfw|harmful|inappropriate|sensitive (words?|content|information|material)|as sensitive|sexually explicit|explicit content|nudity|hate speech|prohibited content|risk control|a minor|minors|child(ren)?|public figures?|real (person|people)|celebrit(y|ies)|copyrighted|third-party likeness)\b/

/** A parameter that has such a name, a right that is missing, an account that was closed, a limit, a machine that broke. */
const otherwise =
  /\b(parameters?|fields?|arguments?|option|property|properties|settings?|level|tolerance|threshold|enum|schema|header|unsupported|not supported|unknown|expected|must be|permissions?|privileges?|roles?|scopes?|iam|organi[sz]ation|project|account|team|billing|quota|rate limit|limit|too many|credentials?|load|loading|timed? ?out|timeout|unavailable|temporarily|network|connection|out of memory|crashed|data polic(y|ies)|privacy polic(y|ies)|ip address|region|country)\b/

// --- where a body says it --------------------------------------------------------------------------------------------

type Sign = { readonly _tag: "Said" | "Field"; readonly text: string }

const decodeJson = Schema.decodeOption(Schema.parseJson())
const isRecord = Schema.is(Schema.Record({ key: Schema.String, value: Schema.Unknown }))

/** The names of fields that hold codes or sentences. What was asked may be repeated under others, and says nothing. */
const isSpoken =
  /^(code|type|status|reasons?|categor(y|ies)|message|msg|error|errors|detail|details|title|description|raw|error_?(type|code|message)|failure|failure_?(code|reason|message)|finish_?reason|(task_)?status_msg|err_?(code|msg))$/i

const longestNesting = 8

const signsIn = (value: unknown, depth: number, name = "message"): ReadonlyArray<Sign> => {
  if (typeof value === "string") return isSpoken.test(name) ? [{ _tag: "Said", text: value }] : []
  if (depth === 0) return []
  if (Array.isArray(value)) return value.flatMap((item) => signsIn(item, depth - 1, name))
  if (!isRecord(value)) return []
  return Object.entries(value).flatMap(([key, inner]) => {
    if (fields.has(key) && !isEmpty(inner)) return [{ _tag: "Field" as const, text: key }]
    return isEcho.test(key) ? [] : signsIn(inner, depth - 1, key)
  })
}

const isEcho = /^(input|inputs|prompt|request|body|ctx|loc|url|param)$/i

const isEmpty = (value: unknown): boolean =>
  value === undefined || value === null || value === "" || (Array.isArray(value) && value.length === 0)

const isPage = (body: string): boolean => /^\s*(<|%PDF)/.test(body) || body.length > longestText
