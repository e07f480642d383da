/**
 * Stands in for `wasmWorker`: a module that is the path of a pipe makes a thread wait in the kernel for somebody to write into
 * it, where no engine looks for an end. Without a pipe it answers.
 */
import { openSync, statSync } from "node:fs"
import { parentPort, workerData } from "node:worker_threads"
import type { WasmCall, WasmSetup } from "../../src/runtime/wasm/wasmWorker.ts"
import { verified } from "./makeModule.ts"

const path = new TextDecoder().decode((workerData as WasmSetup).bytes)
const description = {
  plugin_id: "farmops/made",
  version: "1.0.0",
  categories: ["maintenance"],
  sources: [{ source_type: "test" }],
  description_templates: ["Did {things} thing"]
}
const answer = (call: number, json: unknown) =>
  parentPort?.postMessage({ call, _tag: "Answer", json: JSON.stringify(json) })

answer(0, description)
const held: Array<Uint8Array> = []
parentPort?.on("message", ({ call }: WasmCall) => {
  const pipe = statSync(path, { throwIfNoEntry: false })
  if (pipe?.isFIFO() === true) openSync(path, "r")
  if (pipe?.isDirectory() === true) return void setInterval(() => held.push(new Uint8Array(1024 * 1024).fill(1)), 10)
  answer(call, verified)
})
