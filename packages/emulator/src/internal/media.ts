/**
 * A video over HTTP: whole or one range of it, with a strong ETag.
 *
 * @internal
 */
import { createReadStream } from "node:fs"
import * as FileSystem from "@effect/platform/FileSystem"
import type * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type { VideoFile } from "../Operations.ts"
import { hangUp } from "./socket.ts"

/** Read at once, in bytes. */
const pieceSize = 256 * 1024

/** Bytes `start` to `end`, both included. */
export interface Range {
  readonly start: number
  readonly end: number
}

/**
 * The range that a header asks for: one range of bytes within `size`; `unsatisfiable` where it lies behind the end;
 * and undefined (the whole, says HTTP) where there is none, or several, or none that makes sense.
 */
export const parseRange = (header: string | undefined, size: number): Range | "unsatisfiable" | undefined => {
  const [, from = "", to = ""] = /^bytes=(\d*)-(\d*)$/.exec(header?.trim() ?? "") ?? []
  if (from === "") {
    if (to === "") return undefined
    const length = Math.min(Number(to), size)
    return length === 0 ? "unsatisfiable" : { start: size - length, end: size - 1 }
  }
  if (to !== "" && Number(to) < Number(from)) return undefined
  return Number(from) >= size
    ? "unsatisfiable"
    : { start: Number(from), end: to === "" ? size - 1 : Math.min(Number(to), size - 1) }
}

/** Answers with the video; `truncated` promises all of it, sends the first half, and closes the connection. */
export const send = (
  request: HttpServerRequest.HttpServerRequest,
  video: VideoFile,
  options: { readonly truncated: boolean }
): Effect.Effect<HttpServerResponse.HttpServerResponse, never, FileSystem.FileSystem> => {
  const etag = `"${video.sha256}"`
  const ifRange = request.headers["if-range"]
  const range =
    ifRange === undefined || ifRange === etag ? parseRange(request.headers["range"], video.bytes) : undefined
  const headers = { "accept-ranges": "bytes", etag, "cache-control": "private, no-transform" }
  if (range === "unsatisfiable") {
    return HttpServerResponse.empty({
      status: 416,
      headers: { ...headers, "content-range": `bytes */${video.bytes}`, "content-length": "0" }
    })
  }
  const part = range ?? { start: 0, end: video.bytes - 1 }
  const response = {
    status: range === undefined ? 200 : 206,
    contentType: "video/mp4",
    contentLength: part.end - part.start + 1,
    headers:
      range === undefined
        ? headers
        : { ...headers, "content-range": `bytes ${part.start}-${part.end}/${video.bytes}` }
  }
  return options.truncated
    ? Effect.map(firstHalf(request, video, part), (stream) => HttpServerResponse.stream(stream, response))
    : HttpServerResponse.raw(createReadStream(video.path, { ...part, highWaterMark: pieceSize }), {
        ...response,
        headers: { ...response.headers, "content-length": String(response.contentLength) }
      })
}

const firstHalf = (request: HttpServerRequest.HttpServerRequest, video: VideoFile, { start, end }: Range) =>
  Effect.map(FileSystem.FileSystem, (fs) =>
    fs
      .stream(video.path, { offset: start, bytesToRead: Math.floor((end - start + 1) / 2) })
      .pipe(Stream.concat(Stream.fromEffect(hangUp(request))))
  )

/**
 * JSON with the video inside as base64, between what comes before and after it: never more than a piece of the file
 * is in memory. `truncated` promises all of it, and closes the connection in the middle of the video.
 */
export const sendInline = (
  request: HttpServerRequest.HttpServerRequest,
  video: VideoFile,
  around: { readonly before: string; readonly after: string },
  options: { readonly truncated: boolean }
): Effect.Effect<HttpServerResponse.HttpServerResponse, never, FileSystem.FileSystem> =>
  Effect.map(FileSystem.FileSystem, (fs) => {
    const before = new TextEncoder().encode(around.before)
    const after = new TextEncoder().encode(around.after)
    const bytesToRead = options.truncated ? Math.floor(video.bytes / 2) : video.bytes
    const body = fs.stream(video.path, { chunkSize: 3 * 65_536, bytesToRead }).pipe(base64(bytesToRead))
    const end = options.truncated ? Stream.fromEffect(hangUp(request)) : Stream.make(after)
    return HttpServerResponse.stream(Stream.concat(Stream.make(before), Stream.concat(body, end)), {
      contentType: "application/json; charset=UTF-8",
      contentLength: before.length + 4 * Math.ceil(video.bytes / 3) + after.length
    })
  })

/** Pieces of a multiple of three bytes, so that padding stands only at the end. */
const base64 =
  (size: number) =>
  <E>(bytes: Stream.Stream<Uint8Array, E>): Stream.Stream<Uint8Array, E> =>
    Stream.mapAccum(bytes, { rest: Buffer.alloc(0), seen: 0 }, ({ rest, seen }, chunk) => {
      const all = Buffer.concat([rest, chunk])
      const total = seen + chunk.length
      const whole = total >= size ? all.length : all.length - (all.length % 3)
      return [
        { rest: all.subarray(whole), seen: total },
        Buffer.from(all.subarray(0, whole).toString("base64"), "latin1")
      ]
    })
