/**
 * Sentences that say nothing of a job: those of HTTP itself, and of whatever stands in between.
 */
import { STATUS_CODES } from "node:http"

const phrases = new Set(Object.values(STATUS_CODES).map((phrase = "") => lettersOf(phrase)))

/** Whether a sentence is no more than a status in words, or is about the way to a job instead of the job. */
export const isBare = (sentence: string): boolean =>
  isPhrase(lettersOf(sentence)) || inBetween.test(sentence) || notYet.test(sentence)

/** A status in words, whole or cut short: "Unprocessable". */
const isPhrase = (letters: string): boolean =>
  letters === "" ||
  phrases.has(letters) ||
  (letters.length > 8 && Array.from(phrases).some((phrase) => phrase.startsWith(letters)))

/** Without the number, punctuation and "error" that are put around a phrase. */
function lettersOf(text: string): string {
  return text
    .toLowerCase()
    .replace(/\b(http|error|\d+)\b/g, "")
    .replace(/[^a-z]/g, "")
}

const inBetween =
  /\b(upstream|gateway|proxy|cloudflare|nginx|load balancer|connection|temporar\w*|unavailable|overloaded|try again|retry|(internal|unknown|unexpected|unhandled|server) (server )?error|something went wrong)\b/i

/** The result is not there yet, or could not be had from where it is kept. */
const notYet =
  /\b(not (yet )?(ready|complete|completed|finished|available)|(fetch|load|read|get|retriev\w*|download\w*) (the )?(results?|outputs?|responses?|files?)|storage|bucket|cache|database)\b/i
