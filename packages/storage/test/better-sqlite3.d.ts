/** The little of the driver that the tests use to play another process; it comes without types. */
declare module "better-sqlite3" {
  export default class Database {
    constructor(path: string)
    exec(sql: string): void
    pragma(text: string, options: { readonly simple: boolean }): unknown
    prepare(sql: string): { get(...parameters: ReadonlyArray<unknown>): unknown }
    close(): void
  }
}
