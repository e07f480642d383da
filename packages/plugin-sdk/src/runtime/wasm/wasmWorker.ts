/**
 * The thread that a `WasmThread` starts: compiles one module, inspects it, and answers one call after another, each in a new
 * instance, so that a verdict depends on its request alone. A file of its own in the sources, in dist and beside a bundle.
 */
import { parentPort, workerData } from "node:worker_threads"
import { inspectModule, type ModuleLimits } from "./inspectModule.ts"
import { type WasmMemory, type WasmModule, webAssembly } from "./webAssembly.ts"

/** What the thread is started with. */
export interface WasmSetup extends ModuleLimits {
  readonly bytes: Uint8Array<ArrayBuffer>
  /** The most bytes of one answer. */
  readonly answerBytesMax: number
}

/** A request as JSON in UTF-8; the answer carries its number. */
export interface WasmCall {
  readonly call: number
  readonly request: Uint8Array
}

/** First the description, as call 0; then one for each call. */
export type WasmAnswer =
  | { readonly call: number; readonly _tag: "Answer"; readonly json: string }
  /** `trap`: the module stopped itself. `answer`: what it returned cannot be read. `module`: it must not be started. */
  | {
      readonly call: number
      readonly _tag: "Fault"
      readonly code: "trap" | "answer" | "module"
      readonly reason: string
    }

const setup = workerData as WasmSetup

const fault = (call: number, code: "trap" | "answer" | "module", reason: string): WasmAnswer => ({
  call,
  _tag: "Fault",
  code,
  reason
})

// Untrusted: whatever the module exports, checked before it is used.
const read = (memory: unknown, packed: unknown): string | null => {
  if (!(memory instanceof webAssembly.Memory) || typeof packed !== "bigint") return null
  const at = Number(BigInt.asUintN(32, packed >> 32n))
  const length = Number(BigInt.asUintN(32, packed))
  if (length > setup.answerBytesMax) return null
  try {
    // Throws where any of it lies outside of the memory.
    return new TextDecoder("utf-8", { fatal: true }).decode(new Uint8Array(memory.buffer, at, length))
  } catch {
    return null
  }
}

const run = (module: WasmModule, call: number, request: Uint8Array | null): WasmAnswer => {
  try {
    const { alloc, describe, memory, verify } = new webAssembly.Instance(module, {}).exports
    let packed: unknown
    if (request === null) packed = (describe as () => unknown)()
    else {
      const at = Number((alloc as (length: number) => unknown)(request.length)) >>> 0
      new Uint8Array((memory as WasmMemory).buffer, at, request.length).set(request)
      packed = (verify as (at: number, length: number) => unknown)(at, request.length)
    }
    const json = read(memory, packed)
    return json === null ? fault(call, "answer", "it returned no text of its memory") : { call, _tag: "Answer", json }
  } catch {
    // A trap, an exhausted stack, an address outside of the memory. Its message could name functions of the author's only.
    return fault(call, "trap", "it stopped with a trap")
  }
}

const start = (): WasmModule | string => {
  try {
    const module = new webAssembly.Module(setup.bytes)
    return inspectModule(module, setup.bytes, setup) ?? module
  } catch {
    return "it is not a WebAssembly module"
  }
}

const started = start()
if (typeof started === "string") parentPort?.postMessage(fault(0, "module", started))
else {
  parentPort?.postMessage(run(started, 0, null))
  parentPort?.on("message", ({ call, request }: WasmCall) => parentPort?.postMessage(run(started, call, request)))
}
