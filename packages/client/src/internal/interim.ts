/**
 * `100 Continue` answers that nobody asked for. undici 7 takes one for a broken answer and closes the connection, though the
 * final answer follows it (RFC 9110, 15.2: a client must be able to parse them). They are dropped before it reads them.
 */
import type { Socket } from "node:net"
import type { buildConnector } from "undici"

/** A connector whose sockets drop each `100 Continue` that stands before an answer. */
export const droppingContinue =
  (connect: buildConnector.connector): buildConnector.connector =>
  (options, callback) =>
    connect(options, (...made) => {
      const [error, socket] = made
      if (error === null) dropContinue(socket)
      callback(...made)
    })

/** undici takes all bytes by calls of `read`. An answer begins with the first of them after something was written. */
const dropContinue = (socket: Socket): void => {
  const read = socket.read.bind(socket)
  let written = 0
  let isBeginning = true
  let held: Buffer = empty
  const next = (size?: number): Buffer | null => {
    const chunk: unknown = read(size)
    if (!Buffer.isBuffer(chunk)) return null
    if (socket.bytesWritten !== written) {
      written = socket.bytesWritten
      isBeginning = true
    }
    if (!isBeginning) return chunk
    const bytes = held.length === 0 ? chunk : Buffer.concat([held, chunk])
    const answer = afterContinue(bytes)
    held = answer === undefined ? bytes : empty
    if (answer === undefined || answer.length === 0) return next(size)
    isBeginning = false
    return answer
  }
  socket.read = next
}

/** What follows the `100 Continue` answers at the beginning; undefined where the bytes end within one. */
const afterContinue = (bytes: Buffer): Buffer | undefined => {
  const head = bytes.toString("latin1", 0, longestHead)
  if (!beginning.test(head)) return mayBegin(head) ? undefined : bytes
  const end = head.indexOf("\r\n\r\n")
  if (end >= 0) return end + 4 === bytes.length ? empty : afterContinue(bytes.subarray(end + 4))
  return bytes.length < longestHead ? undefined : bytes
}

const beginning = /^HTTP\/1\.[01] 100[ \r]/

/** Whether some bytes more can make it the beginning of one. */
const mayBegin = (head: string): boolean =>
  head.length < 13 && ["HTTP/1.1 100 ", "HTTP/1.0 100 "].some((whole) => whole.startsWith(head))

/** As long as a head may be; undici judges longer ones. */
const longestHead = 16 * 1024

const empty = Buffer.alloc(0)
