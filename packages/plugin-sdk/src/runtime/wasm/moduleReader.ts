/** Reads the bytes of a WebAssembly module one after another. Only for modules that the engine has found valid: their form is sure. */

/** Where a reader stands, and what comes next there. */
export interface ModuleReader {
  readonly at: () => number
  readonly byte: () => number
  /** An unsigned LEB128; also skips a signed one. */
  readonly count: () => number
  readonly skip: (length: number) => void
}

/** Reads zeros behind the end. */
export const moduleReader = (bytes: Uint8Array, start: number): ModuleReader => {
  let at = start
  const byte = () => bytes[at++] ?? 0
  const count = (): number => {
    let value = 0
    for (let factor = 1; ; factor *= 128) {
      const next = byte()
      value += (next & 127) * factor
      if (next < 128) return value
    }
  }
  const skip = (length: number): void => {
    at += length
  }
  return { at: () => at, byte, count, skip }
}

// Numbers, vectors, and the two references that hold nothing which the engine would have to collect.
const valueTypes: ReadonlySet<number> = new Set([0x7f, 0x7e, 0x7d, 0x7c, 0x7b, 0x70, 0x6f])

/** Whether the byte is a type of value of WebAssembly 2.0; later ones are of memory that no declared maximum holds. */
export const isValueType = (byte: number): boolean => valueTypes.has(byte)
