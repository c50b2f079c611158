/**
 * The exit codes: one a cause, so that a script can tell what to do next.
 */

/** The code of each cause. */
export const codes = {
  ok: 0,
  unexpected: 1,
  usage: 2,
  authentication: 3,
  quota: 4,
  blocked: 5,
  failed: 6,
  timeout: 7,
  submitUnknown: 8,
  cancelled: 9,
  storage: 10,
  download: 11,
  unavailable: 12,
  notFound: 13,
  leaseLost: 14,
  budget: 15,
  goesOn: 16,
  hangup: 129,
  interrupted: 130,
  closedOutput: 141,
  terminated: 143
} as const

/** What each code means, for help and documentation. */
export const meanings: ReadonlyArray<readonly [number, string]> = [
  [codes.ok, "done"],
  [codes.unexpected, "unexpected: a fault in mutoscope"],
  [codes.usage, "wrong usage, invalid request, unsupported option or wrong configuration"],
  [codes.authentication, "the provider refused the credentials"],
  [codes.quota, "quota used up or asked to slow down"],
  [codes.blocked, "blocked by the provider's safety filter"],
  [codes.failed, "the provider could not render it, or its result is of no use"],
  [codes.timeout, "stopped waiting; the provider is still rendering"],
  [codes.submitUnknown, "unknown whether the provider accepted the request"],
  [codes.cancelled, "the generation was cancelled"],
  [codes.storage, "the record or the file could not be read or written"],
  [codes.download, "the download failed; resume goes on with it"],
  [codes.unavailable, "the provider could not be reached, or the emulator not be started"],
  [codes.notFound, "there is no such generation"],
  [codes.leaseLost, "another process works on it"],
  [codes.budget, "a limit of yours on money would be passed; nothing was sent"],
  [codes.goesOn, "a cancel did not stop it (yet): it goes on and may be charged"],
  [codes.interrupted, "stopped by Ctrl-C (129 hang-up, 143 termination, 141 output closed)"]
]

/** The code after a signal. */
export const ofSignal = {
  SIGHUP: codes.hangup,
  SIGINT: codes.interrupted,
  SIGTERM: codes.terminated
} as const
