/**
 * What the page says that a server shows instead of an answer: HTML of a proxy, XML of a storage, or plain text.
 */

/** The longest that is passed on, in characters. */
const longest = 200

/** One line of it: the title of HTML, the code and message of XML, or the beginning of text; empty where it is none of these. */
export const pageText = (body: string): string => {
  const text = body.trimStart()
  const said = /^<\?xml|^<Error/i.test(text)
    ? [element(text, "Code"), element(text, "Message")].filter((part) => part !== "").join(": ")
    : text.startsWith("<")
      ? element(text, "title") || element(text, "h1")
      : isProse(text)
        ? text
        : ""
  return said.replace(/\s+/g, " ").trim().slice(0, longest)
}

const element = (markup: string, name: string): string =>
  new RegExp(`<${name}(?:\\s[^>]*)?>([^<]*)</${name}>`, "i").exec(markup)?.[1]?.trim() ?? ""

/** JSON whose form nobody knows is no sentence, and neither are bytes. */
const isProse = (text: string): boolean =>
  /^[^\p{Cc}{["\uFFFD][^\p{Cc}\uFFFD]*/u.test(text) && !/[\0\uFFFD]/.test(text)
