/** Starts a unit as a WebAssembly module in a thread. The thread is replaced by itself after a call that took too long. */
import { Effect } from "effect"
import { readRawData } from "../../contract/Observation.ts"
import type { UnitProgram, UnitSettings } from "../PluginManifest.ts"
import { startWasmPlugin } from "../wasm/WasmPlugin.ts"
import { fileDigest } from "./programDigest.ts"
import { outsideContract, startFailed, type UnitLauncher } from "./UnitLaunch.ts"

type WasmProgram = Extract<UnitProgram, { readonly kind: "wasm" }>

const mib = 1024 * 1024
const failed = startFailed(null)

/** It has one plugin, since a module is one. `workerFile` is that of {@link startWasmPlugin}. */
export const wasmLauncher = (
  { key, limits }: UnitSettings,
  { digest, module }: WasmProgram,
  workerFile?: URL
): UnitLauncher => ({
  obtained: "wasm",
  confinement: "wasm",
  isWatched: false,
  launch: Effect.gen(function* () {
    const found = yield* fileDigest(module)
    if (found === null) return yield* failed("not_ready", "its module cannot be read")
    if (digest !== null && digest !== found) return yield* failed("digest_mismatch", `its module's SHA-256 is ${found}`)
    const { callMsMax, memoryMibMax, readyMsMax, stopMsMax } = limits
    const plugin = yield* startWasmPlugin({
      // Checked with everything else that it says of itself.
      id: null,
      module,
      digest: found,
      limits: { callMsMax, readyMsMax, stopMsMax, memoryBytesMax: memoryMibMax * mib },
      ...(workerFile !== undefined && { workerFile })
    }).pipe(
      Effect.mapError(({ reason }) => failed(reason === outsideContract ? "bad_description" : "not_ready", reason))
    )
    const asked = {
      describe: Effect.succeed(plugin.description),
      configure: (configuration: Uint8Array) =>
        plugin.configure(configuration.length === 0 ? null : readRawData(configuration)),
      look: () => Effect.succeed("alive" as const),
      verify: plugin.verify
    }
    return {
      asked: new Map([[key, asked]]),
      confinement: "wasm" as const,
      digest: plugin.digest,
      pid: null,
      rssBytes: () => null,
      lower: () => undefined,
      ended: Effect.as(plugin.stuck, { code: "stuck" as const, detail: "its thread cannot be ended" })
    }
  })
})
