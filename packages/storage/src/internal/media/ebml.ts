/**
 * The elements that WebM and Matroska files are made of.
 */
import type { Bytes } from "./bytes.ts"

/** An element: where its contents begin, and where they end; `undefined` where it has no size of its own. */
export interface Element {
  readonly id: number
  readonly offset: number
  readonly start: number
  readonly end: number | undefined
}

/** Bytes of the longest header: an id of four and a size of eight. */
const longestHeader = 12

/** The element at an offset; nothing where there is none. */
export const at = (bytes: Bytes, offset: number): Element | undefined => {
  const header = bytes.at(offset, longestHeader)
  const idLength = lengthOf(header[0])
  if (idLength === 0 || idLength > 4) return undefined
  const sizeLength = lengthOf(header[idLength])
  const length = idLength + sizeLength
  if (sizeLength === 0 || length > header.length) return undefined
  const marker = 1n << BigInt(7 * sizeLength)
  const size = numberOf(header.subarray(idLength, length)) - marker
  const start = offset + length
  return {
    id: header.readUIntBE(0, idLength),
    offset,
    start,
    end: size >= marker - 1n ? undefined : start + Number(size)
  }
}

/** The elements within a stretch, up to the first that does not fit into it or has no size. */
export function* within(
  bytes: Bytes,
  start: number,
  end: number
): Generator<Element & { readonly end: number }> {
  let offset = start
  while (offset < end) {
    const element = at(bytes, offset)
    if (element?.end === undefined || element.end > end) return
    yield { ...element, end: element.end }
    offset = element.end
  }
}

/** The contents of an element as a whole number; 0 where they are none. */
export const unsigned = (bytes: Bytes, { end, start }: { start: number; end: number }): number =>
  end - start > 8 || end <= start ? 0 : Number(numberOf(bytes.at(start, end - start)))

/** The contents of an element as a number with a fraction; 0 where they are none. */
export const float = (bytes: Bytes, { end, start }: { start: number; end: number }): number => {
  const contents = bytes.at(start, Math.min(8, end - start))
  if (contents.length === 4) return contents.readFloatBE()
  return contents.length === 8 ? contents.readDoubleBE() : 0
}

/** The length of a number by its first byte; 0 where that begins none. */
export const lengthOf = (first: number | undefined): number =>
  first === undefined || first === 0 ? 0 : Math.clz32(first) - 23

const numberOf = (bytes: Buffer) => bytes.reduce((sum, byte) => sum * 256n + BigInt(byte), 0n)
