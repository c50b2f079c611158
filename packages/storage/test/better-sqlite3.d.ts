/** The little of the driver that tests use to play another process, or to look without the product; it comes without types. */
declare module "better-sqlite3" {
  export default class Database {
    constructor(path: string, options?: { readonly readonly?: boolean; readonly timeout?: number })
    exec(sql: string): void
    pragma(text: string, options: { readonly simple: boolean }): unknown
    prepare(sql: string): {
      all(...parameters: ReadonlyArray<unknown>): ReadonlyArray<unknown>
      run(...parameters: ReadonlyArray<unknown>): unknown
      get(...parameters: ReadonlyArray<unknown>): unknown
      run(...parameters: ReadonlyArray<unknown>): unknown
    }
    backup(destination: string): Promise<unknown>
    close(): void
  }
}
