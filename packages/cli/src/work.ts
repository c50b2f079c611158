/**
 * All that it takes to work on videos, in one piece: a module loaded by itself is a file more to open.
 */
export * as HttpTransport from "@videogen/client/HttpTransport"
export * as Providers from "@videogen/client/Providers"
export * as VideoGenerator from "@videogen/core/VideoGenerator"
export * as FileVideoStore from "@videogen/storage/FileVideoStore"
export { cancel } from "./actions/cancel.ts"
export { doctor } from "./actions/doctor.ts"
export { emulator } from "./actions/emulator.ts"
export { generate } from "./actions/generate.ts"
export { models } from "./actions/models.ts"
export { resolve } from "./actions/resolve.ts"
export { resume, watch } from "./actions/resume.ts"
export { status } from "./actions/status.ts"
export { registry } from "./registry.ts"
export * as Telemetry from "./Telemetry.ts"
export * as UserPolicy from "./UserPolicy.ts"
