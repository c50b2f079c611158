export * as FileVideoStore from "./FileVideoStore.ts"
export * as Quarantine from "./Quarantine.ts"
export * as SqlGenerationStore from "./SqlGenerationStore.ts"
export * as SqliteGenerationStore from "./SqliteGenerationStore.ts"
