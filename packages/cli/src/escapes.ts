/**
 * Escape sequences, by which terminals are told of colours and cursors.
 */

/** Takes escape sequences out of a text. */
export const plain = (text: string): string => text.replace(escapes, "")

// biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences begin with one.
const escapes = /\u001b\[[0-9;?]*[A-Za-z]/g
