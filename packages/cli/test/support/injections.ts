/**
 * Texts with which a provider, a file or an argument tries to steer a terminal.
 */

/** One way to do so. */
export interface Injection {
  /** What it tries. */
  readonly name: string
  readonly text: string
}

/** Each family of sequences, in its 7-bit and 8-bit spelling. */
export const injections: ReadonlyArray<Injection> = [
  { name: "OSC 0 sets the title", text: "\u001b]0;owned\u0007" },
  {
    name: "OSC 8 hides an address behind a link",
    text: "\u001b]8;;https://evil.example\u001b\\click\u001b]8;;\u001b\\"
  },
  { name: "OSC 52 writes the clipboard", text: "\u001b]52;c;cm0gLXJmIH4=\u0007" },
  { name: "CSI clears the screen", text: "\u001b[2J\u001b[H" },
  { name: "CSI moves up and overwrites", text: "\u001b[1A\u001b[2K\rforged" },
  { name: "CSI asks for an answer on stdin", text: "\u001b[6n\u001b[c" },
  { name: "CSI with intermediate bytes", text: "\u001b[!p\u001b[>0q" },
  { name: "DCS asks for a setting", text: "\u001bP$qm\u001b\\" },
  { name: "RIS resets the terminal", text: "\u001bc" },
  { name: "C1 CSI clears the screen", text: "\u009b2J\u009bH" },
  { name: "C1 OSC sets the title", text: "\u009d0;owned\u009c" },
  { name: "CR overwrites the line", text: "\rDone: paid\u001b[K" },
  { name: "BS overwrites the line", text: "\b\b\b\b\b\b\b\b\b\b\b\b\b\bDone" },
  { name: "bidi controls turn the line around", text: "\u202Egpj.exe\u202C \u2066x\u2069" },
  { name: "NEL and separators break the line", text: "\u0085x\u2028y\u2029z" }
]
