/**
 * Sentences that say nothing of a job: those of HTTP itself, and of whatever stands in between.
 */
import { STATUS_CODES } from "node:http"

const phrases = new Set(Object.values(STATUS_CODES).map((phrase = "") => lettersOf(phrase)))

/** Whether a sentence is no more than a status in words, or is about the way to a job instead of the job. */
export const isBare = (sentence: string): boolean =>
  phrases.has(lettersOf(sentence)) || inBetween.test(sentence) || lettersOf(sentence) === ""

/** Without the number, punctuation and "error" that are put around a phrase. */
function lettersOf(text: string): string {
  return text
    .toLowerCase()
    .replace(/\b(http|error|\d+)\b/g, "")
    .replace(/[^a-z]/g, "")
}

const inBetween =
  /\b(upstream|gateway|proxy|cloudflare|nginx|load balancer|connection|temporar\w*|unavailable|overloaded|try again|retry|(internal|unknown|unexpected|unhandled|server) (server )?error|something went wrong)\b/i
