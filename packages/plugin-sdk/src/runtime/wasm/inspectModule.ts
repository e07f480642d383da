/**
 * What a WebAssembly module must be before any of it runs: without imports, of WebAssembly 2.0 and of nothing later, and with a
 * memory that cannot outgrow its limit. An engine knows more than that, such as objects that it collects itself, whose memory
 * nobody has declared.
 */
import { codeFault } from "./inspectCode.ts"
import { isValueType, type ModuleReader, moduleReader } from "./moduleReader.ts"
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

const section = { type: 1, table: 4, memory: 5, code: 10 } as const
// The count of data segments. Behind it come tags of exceptions and whatever else is thought of.
const lastSection = 12
const functionType = 0x60

// Without types of structures and arrays, no instruction can make one.
const typeFault = (read: ModuleReader): string | null => {
  const fault = "it has a type that WebAssembly 2.0 does not know"
  for (let types = read.count(); types > 0; types--) {
    if (read.byte() !== functionType) return fault
    for (const _ of ["parameters", "results"]) {
      for (let values = read.count(); values > 0; values--) if (!isValueType(read.byte())) return fault
    }
  }
  return null
}

// Bit 0: there is a maximum. Bit 1: shared between threads. Bit 2: 64-bit addresses.
const readLimits = (read: ModuleReader) => {
  const flags = read.count()
  read.count()
  return { flags, maximum: (flags & 1) === 1 ? read.count() : null }
}

const memoryFault = (read: ModuleReader, { memoryBytesMax }: ModuleLimits): string | null => {
  if (read.count() !== 1) return "it has more than one memory"
  const { flags, maximum } = readLimits(read)
  if (maximum === null) return "its memory has no maximum"
  if (flags !== 1) return "its memory is shared or of 64 bits"
  const pagesMax = Math.floor(memoryBytesMax / pageBytes)
  return maximum > pagesMax ? `its memory may grow to ${maximum} pages, which is more than ${pagesMax}` : null
}

const tableFault = (read: ModuleReader): string | null => {
  const tables = read.count()
  if (tables > 1) return "it has more than one table"
  if (tables === 0) return null
  // 0x70 is funcref. Other tables may begin with an expression, and nothing that we run needs them.
  if (read.byte() !== 0x70) return "it has a table of something other than functions"
  const { maximum } = readLimits(read)
  if (maximum === null) return "its table has no maximum"
  return maximum > tableEntriesMax ? `its table may grow to more than ${tableEntriesMax} entries` : null
}

const faultOf = (id: number, bytes: Uint8Array, start: number, limits: ModuleLimits): string | null => {
  const inside = moduleReader(bytes, start)
  switch (id) {
    case section.type:
      return typeFault(inside)
    case section.table:
      return tableFault(inside)
    case section.memory:
      return memoryFault(inside, limits)
    case section.code:
      return codeFault(bytes, start)
    default:
      return id > lastSection ? `it has a section that WebAssembly 2.0 does not know: ${id}` : null
  }
}

const sectionFault = (bytes: Uint8Array, limits: ModuleLimits): string | null => {
  // After the magic number and the version.
  const read = moduleReader(bytes, 8)
  while (read.at() < bytes.length) {
    const id = read.byte()
    const length = read.count()
    const fault = faultOf(id, bytes, read.at(), limits)
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
