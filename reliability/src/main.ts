/**
 * The programs that are run, and killed, as processes of their own.
 */
import { make } from "./former/make.ts"
import { job } from "./job.ts"
import { load } from "./load.ts"
import { naive } from "./naive.ts"

const programs: Readonly<Record<string, (...args: ReadonlyArray<string>) => Promise<unknown>>> = {
  load: (queued = "", inFlight = "", seconds = "") => load(Number(queued), Number(inFlight), Number(seconds)),
  naive: (file = "") => naive(file),
  fixture: (checkout = "", target = "") => make(checkout, target),
  job: (deed = "", subject = "", point = "") => job(deed, subject, point)
}

const [name = "", ...args] = process.argv.slice(2)
const program = programs[name]
if (program === undefined) throw new Error(`There is no program ${name}: ${Object.keys(programs).join(", ")}`)
await program(...args)
