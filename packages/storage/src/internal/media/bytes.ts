/**
 * The bytes of an open file, read where they are asked for: few reads, and each byte of a normal file once at most.
 */
import { readSync } from "node:fs"
import type { OpenFile } from "../nodeFile.ts"

/** A file that is `size` bytes long. */
export interface Bytes {
  readonly size: number
  /** Up to `length` bytes from an offset: fewer where the file ends before. */
  readonly at: (offset: number, length: number) => Buffer
  /** How often the file was read, and how many bytes. */
  readonly cost: { reads: number; bytes: number }
}

/** Bytes read at a time: the index of a short video is mostly within the first of them. */
const stretch = 16 * 1024

/** What is kept of what was read. */
const mostHeld = 8

/** Reads an open file. */
export const ofFile = (file: OpenFile, size: number): Bytes => {
  const held: Array<{ readonly from: number; readonly bytes: Buffer }> = []
  const cost = { reads: 0, bytes: 0 }
  const at = (offset: number, length: number): Buffer => {
    const end = Math.min(size, offset + length)
    // A file may point anywhere, before its beginning too.
    if (offset < 0 || offset >= end) return Buffer.alloc(0)
    const here = held.find(({ bytes, from }) => from <= offset && end <= from + bytes.length)
    if (here !== undefined) return here.bytes.subarray(offset - here.from, end - here.from)
    const buffer = Buffer.allocUnsafe(Math.min(size - offset, Math.max(stretch, end - offset)))
    const bytes = buffer.subarray(0, readSync(file, buffer, 0, buffer.length, offset))
    cost.reads++
    cost.bytes += bytes.length
    held.unshift({ from: offset, bytes })
    held.length = Math.min(held.length, mostHeld)
    return bytes.subarray(0, end - offset)
  }
  return { size, at, cost }
}

/** Whether all bytes are zero, of at least one. */
export const isZeros = (bytes: Buffer): boolean => bytes.length > 0 && bytes.every((byte) => byte === 0)
