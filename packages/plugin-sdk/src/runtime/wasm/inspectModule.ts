/** What a WebAssembly module must be before any of it runs: without imports, and with a memory that cannot outgrow its limit. */
import { type WasmModule, webAssembly } from "./webAssembly.ts"

/** The size of a page of WebAssembly memory. */
export const pageBytes = 65_536

/** The most bytes of a module: compiling takes time and memory that no limit of ours holds. */
export const moduleBytesMax = 8 * 1024 * 1024

// A table's entries lie outside of the module's memory, some 8 bytes each.
const tableEntriesMax = 65_536

/** What a module may bring along. */
export interface ModuleLimits {
  readonly memoryBytesMax: number
}

const needed = [
  { name: "memory", kind: "memory" },
  { name: "alloc", kind: "function" },
  { name: "describe", kind: "function" },
  { name: "verify", kind: "function" }
] as const

const section = { table: 4, memory: 5 } as const

// Only for modules that the engine has found valid: the form is sure, what it says is not.
const reader = (bytes: Uint8Array, start: number) => {
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
  return { byte, count, at: () => at, skip }
}

type Reader = ReturnType<typeof reader>

// Bit 0: there is a maximum. Bit 1: shared between threads. Bit 2: 64-bit addresses.
const readLimits = (read: Reader) => {
  const flags = read.count()
  read.count()
  return { flags, maximum: (flags & 1) === 1 ? read.count() : null }
}

const memoryFault = (read: Reader, { memoryBytesMax }: ModuleLimits): string | null => {
  if (read.count() !== 1) return "it has more than one memory"
  const { flags, maximum } = readLimits(read)
  if (maximum === null) return "its memory has no maximum"
  if (flags !== 1) return "its memory is shared or of 64 bits"
  const pagesMax = Math.floor(memoryBytesMax / pageBytes)
  return maximum > pagesMax ? `its memory may grow to ${maximum} pages, which is more than ${pagesMax}` : null
}

const tableFault = (read: Reader): string | null => {
  const tables = read.count()
  if (tables > 1) return "it has more than one table"
  if (tables === 0) return null
  // 0x70 is funcref. Other tables may begin with an expression, and nothing that we run needs them.
  if (read.byte() !== 0x70) return "it has a table of something other than functions"
  const { maximum } = readLimits(read)
  if (maximum === null) return "its table has no maximum"
  return maximum > tableEntriesMax ? `its table may grow to more than ${tableEntriesMax} entries` : null
}

const sectionFault = (bytes: Uint8Array, limits: ModuleLimits): string | null => {
  // After the magic number and the version.
  const read = reader(bytes, 8)
  while (read.at() < bytes.length) {
    const id = read.byte()
    const length = read.count()
    const inside = reader(bytes, read.at())
    const fault = id === section.memory ? memoryFault(inside, limits) : id === section.table ? tableFault(inside) : null
    if (fault !== null) return fault
    read.skip(length)
  }
  return null
}

/** Why the module must not be started; null where it may. `bytes` are those that it was compiled from. */
export const inspectModule = (module: WasmModule, bytes: Uint8Array, limits: ModuleLimits): string | null => {
  const [wanted] = webAssembly.Module.imports(module)
  if (wanted !== undefined) return `it imports ${wanted.module}.${wanted.name}, and nothing can be imported`
  const exported = webAssembly.Module.exports(module)
  const absent = needed.find(({ kind, name }) => !exported.some((one) => one.name === name && one.kind === kind))
  if (absent !== undefined) return `it exports no ${absent.kind} called ${absent.name}`
  return sectionFault(bytes, limits)
}
