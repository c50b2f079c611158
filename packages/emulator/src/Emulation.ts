/**
 * What every wire of the emulator works with: one engine, one list of what was accepted, one set of faults.
 *
 * @since 0.1.0
 */
import type * as Context from "effect/Context"
import type * as Duration from "effect/Duration"
import type * as Redacted from "effect/Redacted"
import type * as Faults from "./Faults.ts"
import type * as Ledger from "./Ledger.ts"
import type { Operations } from "./Operations.ts"

/** `choose`, `apiKey`, `publicUrl` and `retention` are as the emulator's options have them (there `choose` is `faults`). */
export interface Emulation {
  readonly operations: Context.Tag.Service<Operations>
  readonly ledger: Ledger.Ledger
  readonly faults: Faults.Faults
  readonly choose: Faults.Choose | undefined
  readonly apiKey: Redacted.Redacted | undefined
  readonly publicUrl: string | undefined
  readonly retention: Duration.Duration
}
