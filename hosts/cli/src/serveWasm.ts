/** Serves a WebAssembly plugin on a socket, so that whatever asks a plugin over one can ask it: `farmops plugin test --wasm`. */
import { randomBytes } from "node:crypto"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { serveOn } from "@farmops/plugin-sdk/author/servePlugin"
import type { PluginNotReady } from "@farmops/plugin-sdk/runtime/Plugin"
import { definedWasm } from "@farmops/plugin-sdk/runtime/wasm/definedWasm"
import { startWasmPlugin } from "@farmops/plugin-sdk/runtime/wasm/WasmPlugin"
import { Effect, type Scope } from "effect"

/** Where it listens, and the token that every call must carry. */
export interface ServedWasm {
  readonly path: string
  readonly token: string
}

/** Starts the module and listens until the scope closes. The socket's folder has mode 0700 and goes away with it. */
export const serveWasm = Effect.fn("serveWasm")(function* (
  module: string
): Effect.fn.Return<ServedWasm, PluginNotReady, Scope.Scope> {
  const plugin = yield* Effect.flatMap(startWasmPlugin({ id: null, module }), definedWasm)
  const folder = yield* Effect.acquireRelease(
    Effect.sync(() => mkdtempSync(join(tmpdir(), "farmops-wasm-"))),
    (path) => Effect.sync(() => rmSync(path, { recursive: true, force: true }))
  )
  const served = { path: join(folder, "plugin.sock"), token: randomBytes(32).toString("hex") }
  yield* Effect.acquireRelease(
    Effect.promise(() => serveOn(plugin, { socket: served.path, token: served.token })),
    ({ close }) => Effect.promise(close)
  )
  return served
})
