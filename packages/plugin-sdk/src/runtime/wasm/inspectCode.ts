/**
 * Whether code is of WebAssembly 2.0 and of nothing later, and can be ended: an engine looks for an end where a loop goes round
 * and where a function begins, so what may lie between two such places is bounded. Pure.
 */
import { isValueType, type ModuleReader, moduleReader } from "./moduleReader.ts"

/** Of one function. The engine's optimizer takes a hundred times that in memory which no limit of ours holds. */
export const functionBytesMax = 128 * 1024

/** Of one function: each of these instructions may fill the whole memory, 8 ms for 32 MiB, and cannot be ended meanwhile. */
export const bulkInstructionsMax = 128

// What follows an instruction. `memory` is an alignment and an offset; 4, 8 and 16 are as many bytes.
type Immediate = "index" | "lane" | "memory" | "block" | "types" | "labels" | "reference" | 4 | 8 | 16
type Instructions = ReadonlyMap<number, ReadonlyArray<Immediate>>

const range = (first: number, last: number, ...immediates: ReadonlyArray<Immediate>) =>
  Array.from({ length: last - first + 1 }, (_, at) => [first + at, immediates] as const)

const blockCodes: ReadonlySet<number> = new Set([0x02, 0x03, 0x04])
const endCode = 0x0b
const prefixes = { bulk: 0xfc, vector: 0xfd } as const

const plain: Instructions = new Map([
  ...range(0x00, 0x01),
  ...range(0x02, 0x04, "block"),
  ...range(0x05, 0x05),
  ...range(endCode, endCode),
  ...range(0x0c, 0x0d, "index"),
  ...range(0x0e, 0x0e, "labels"),
  ...range(0x0f, 0x0f),
  ...range(0x10, 0x10, "index"),
  ...range(0x11, 0x11, "index", "index"),
  ...range(0x1a, 0x1b),
  ...range(0x1c, 0x1c, "types"),
  ...range(0x20, 0x26, "index"),
  ...range(0x28, 0x3e, "memory"),
  // The sizes of a memory, and constants: all are of one LEB128.
  ...range(0x3f, 0x42, "index"),
  ...range(0x43, 0x43, 4),
  ...range(0x44, 0x44, 8),
  ...range(0x45, 0xc4),
  ...range(0xd0, 0xd0, "reference"),
  ...range(0xd1, 0xd1),
  ...range(0xd2, 0xd2, "index")
])

// From 8 on they copy, fill or grow.
const firstBulk = 8
const bulk: Instructions = new Map([
  ...range(0, 7),
  ...range(8, 8, "index", "index"),
  ...range(9, 9, "index"),
  ...range(10, 10, "index", "index"),
  ...range(11, 11, "index"),
  ...range(12, 12, "index", "index"),
  ...range(13, 13, "index"),
  ...range(14, 14, "index", "index"),
  ...range(15, 17, "index")
])

const vector: Instructions = new Map([
  ...range(0, 11, "memory"),
  ...range(12, 13, 16),
  ...range(14, 20),
  ...range(21, 34, "lane"),
  ...range(35, 83),
  ...range(84, 91, "memory", "lane"),
  ...range(92, 93, "memory"),
  ...range(94, 255)
])

// A type of value, nothing, or the index of a type, which as a signed number is not negative.
const isBlockType = (read: ModuleReader): boolean => {
  const first = read.byte()
  if (first < 0x40) return true
  if (first < 0x80) return first === 0x40 || isValueType(first)
  read.count()
  return true
}

const isVectorOfTypes = (read: ModuleReader): boolean => {
  const count = read.count()
  for (let at = 0; at < count; at++) if (!isValueType(read.byte())) return false
  return true
}

/** Reads over it; false where it is none of WebAssembly 2.0. */
const readImmediate = (read: ModuleReader, immediate: Immediate): boolean => {
  switch (immediate) {
    case "index":
      read.count()
      return true
    case "lane":
      read.byte()
      return true
    case "memory": {
      // From 64 on it names one of several memories.
      const isOfTheOne = read.count() < 64
      read.count()
      return isOfTheOne
    }
    case "block":
      return isBlockType(read)
    case "types":
      return isVectorOfTypes(read)
    case "labels":
      for (let left = read.count(); left >= 0; left--) read.count()
      return true
    case "reference":
      return isValueType(read.byte())
    default:
      read.skip(immediate)
      return true
  }
}

const unknown = (...code: ReadonlyArray<number>) =>
  `it has an instruction that WebAssembly 2.0 does not know: ${code.map((byte) => `0x${byte.toString(16)}`).join(" ")}`

const bodyFault = (read: ModuleReader): string | null => {
  for (let groups = read.count(); groups > 0; groups--) {
    read.count()
    if (!isValueType(read.byte())) return "it has a local of a type that WebAssembly 2.0 does not know"
  }
  let bulks = 0
  for (let depth = 1; depth > 0; ) {
    const first = read.byte()
    const second = first === prefixes.bulk || first === prefixes.vector ? read.count() : null
    const immediates =
      second === null ? plain.get(first) : first === prefixes.bulk ? bulk.get(second) : vector.get(second)
    const code = second === null ? [first] : [first, second]
    if (immediates === undefined) return unknown(...code)
    if (!immediates.every((one) => readImmediate(read, one))) return unknown(...code)
    if (first === prefixes.bulk && second !== null && second >= firstBulk) bulks++
    if (bulks > bulkInstructionsMax)
      return `a function of it copies or fills in more than ${bulkInstructionsMax} places`
    if (blockCodes.has(first)) depth++
    if (first === endCode) depth--
  }
  return null
}

/** Why the section of code that begins at `start` must not run; null where it may. */
export const codeFault = (bytes: Uint8Array, start: number): string | null => {
  const read = moduleReader(bytes, start)
  for (let functions = read.count(); functions > 0; functions--) {
    const length = read.count()
    if (length > functionBytesMax) return `a function of it has more than ${functionBytesMax} bytes`
    const fault = bodyFault(moduleReader(bytes, read.at()))
    if (fault !== null) return fault
    read.skip(length)
  }
  return null
}
