/**
 * A small stroke font of our own on a grid of 4 by 6: enough for Latin capitals, digits and common signs.
 */

/** Polylines as pairs of digits "xy", separated by "|". */
const GLYPHS: Readonly<Record<string, string>> = {
  A: "06 20 46|14 34",
  B: "00 06 26 35 44 33 23 03|00 20 31 32 23",
  C: "41 30 10 01 05 16 36 45",
  D: "00 06 26 44 42 20 00",
  E: "40 00 06 46|03 33",
  F: "40 00 06|03 33",
  G: "41 30 10 01 05 16 36 45 43 23",
  H: "00 06|40 46|03 43",
  I: "20 26",
  J: "30 35 26 16 05",
  K: "00 06|40 03|13 46",
  L: "00 06 46",
  M: "06 00 23 40 46",
  N: "06 00 46 40",
  O: "10 01 05 16 36 45 41 30 10",
  P: "06 00 30 41 42 33 03",
  Q: "10 01 05 16 36 45 41 30 10|34 46",
  R: "06 00 30 41 42 33 03|23 46",
  S: "41 30 10 01 02 13 33 44 45 36 16 05",
  T: "00 40|20 26",
  U: "00 05 16 36 45 40",
  V: "00 26 40",
  W: "00 16 22 36 40",
  X: "00 46|40 06",
  Y: "00 23 40|23 26",
  Z: "00 40 06 46",
  "0": "10 01 05 16 36 45 41 30 10|32 14",
  "1": "11 20 26",
  "2": "01 10 30 41 42 06 46",
  "3": "01 10 30 41 32 23 34 45 36 16 05",
  "4": "36 30 04 44",
  "5": "40 00 02 32 43 45 36 06",
  "6": "40 20 02 05 16 36 45 44 33 13 04",
  "7": "00 40 16",
  "8": "10 01 02 13 33 44 45 36 16 05 04 13|33 42 41 30 10",
  "9": "42 33 13 02 01 10 30 41 43 26",
  ".": "26 26",
  ",": "25 17",
  ";": "23 23|25 17",
  ":": "22 22|25 25",
  "!": "20 24|26 26",
  "?": "01 10 30 41 23 24|26 26",
  "-": "13 33",
  _: "06 46",
  "=": "12 32|14 34",
  "'": "20 21",
  '"': "10 11|30 31",
  "/": "40 06",
  "\\": "00 46",
  "(": "30 12 14 36",
  ")": "10 32 34 16",
  "[": "30 10 16 36",
  "]": "10 30 36 16",
  "<": "31 03 35",
  ">": "11 43 15",
  "&": "46 11 20 31 04 16 36 44",
  "+": "21 25|03 43",
  "*": "21 25|12 34|32 14",
  "#": "11 15|31 35|02 42|04 44",
  "@": "34 32 12 14 44 41 30 10 01 05 16 36",
  $: "41 30 10 01 02 13 33 44 45 36 16 05|20 26",
  "%": "40 06|00 01|45 46"
}

/** What is drawn for a sign that the font lacks. */
const MISSING = "\u25a1"
const BOX = "11 31 35 15 11"

/** Letters made of straight strokes; the others are rounded. */
const STRAIGHT = new Set(`AEFHIKLMNTVWXYZ147-_=/\\[]<>+*#'"${MISSING}`)

const TYPOGRAPHIC: Readonly<Record<string, string>> = {
  "\u2018": "'",
  "\u2019": "'",
  "\u201c": '"',
  "\u201d": '"',
  "\u2013": "-",
  "\u2014": "-",
  "\u2026": "...",
  "\u00df": "SS",
  "\u00e6": "AE",
  "\u00c6": "AE",
  "\u00f8": "O",
  "\u00d8": "O",
  "\u0153": "OE",
  "\u0152": "OE",
  "\u0142": "L",
  "\u0141": "L"
}

export type Stroke = ReadonlyArray<readonly [x: number, y: number]>

/** Text as the font can draw it: accents dropped, and one box for each run of signs that it lacks. */
export const drawable = (text: string): string => {
  let result = ""
  for (const sign of text.normalize("NFD").replace(/\p{M}/gu, "")) {
    const known = TYPOGRAPHIC[sign] ?? sign.toUpperCase()
    if (/^\s*$/u.test(known)) result += result.endsWith(" ") ? "" : " "
    else if ([...known].every((letter) => letter in GLYPHS)) result += known
    else if (!result.endsWith(MISSING)) result += MISSING
  }
  return result.trim()
}

/** The strokes of a letter on the grid of 4 by 6. */
export const strokesOf = (letter: string): ReadonlyArray<Stroke> =>
  (letter === MISSING ? BOX : (GLYPHS[letter] ?? ""))
    .split("|")
    .filter((line) => line !== "")
    .map((line) => {
      const points = line.split(" ").map((pair) => [Number(pair[0]), Number(pair[1])] as const)
      return STRAIGHT.has(letter) ? points : rounded(rounded(points))
    })

/** Chaikin's corner cutting; the ends stay. */
const rounded = (points: Stroke): Stroke => {
  const first = points[0]
  const last = points[points.length - 1]
  if (first === undefined || last === undefined || points.length < 3) return points
  const result: Array<readonly [number, number]> = [first]
  points.forEach((from, i) => {
    const to = points[i + 1]
    if (to === undefined) return
    if (i > 0) result.push([from[0] * 0.75 + to[0] * 0.25, from[1] * 0.75 + to[1] * 0.25])
    if (i + 2 < points.length) result.push([from[0] * 0.25 + to[0] * 0.75, from[1] * 0.25 + to[1] * 0.75])
  })
  return [...result, last]
}
