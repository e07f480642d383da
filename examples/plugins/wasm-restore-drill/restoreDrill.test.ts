import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { assert, describe, it } from "@effect/vitest"
import { serveOn } from "@farmops/plugin-sdk/author/servePlugin"
import { readGoldenFolder } from "@farmops/plugin-sdk/conformance/goldenVerdict"
import { runConformance } from "@farmops/plugin-sdk/conformance/runConformance"
import { definedWasm } from "@farmops/plugin-sdk/runtime/wasm/definedWasm"
import { startWasmPlugin } from "@farmops/plugin-sdk/runtime/wasm/WasmPlugin"
import { Effect } from "effect"
import { build, compiler, installCompiler } from "./build.ts"

const here = (file: string) => fileURLToPath(new URL(file, import.meta.url))
const module = here("restore-drill.wasm")

const folder = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "drill-"))),
  (path) => Effect.sync(() => rmSync(path, { recursive: true }))
)

describe("the restore drill as a WebAssembly module", () => {
  it.live("does all that an agent relies on, and gives its golden verdicts", () =>
    Effect.gen(function* () {
      const plugin = yield* startWasmPlugin({ id: "example/wasm-restore-drill", module })
      const defined = yield* definedWasm(plugin)
      const target = { _tag: "Socket", path: join(yield* folder, "plugin.sock"), token: "given" } as const
      yield* Effect.acquireRelease(
        Effect.promise(() => serveOn(defined, { socket: target.path, token: target.token })),
        ({ close }) => Effect.promise(close)
      )
      const golden = yield* readGoldenFolder(here("golden"))
      const { checks } = yield* runConformance(target, golden)
      const named = (outcome: string) => checks.filter((check) => check.outcome === outcome).map(({ name }) => name)
      assert.deepStrictEqual(
        checks.filter(({ outcome }) => outcome === "failed"),
        []
      )
      assert.includeMembers(
        named("passed"),
        golden.map(({ name }) => `golden/${name}`)
      )
      // A module has no process that could be told to end.
      assert.includeMembers(named("skipped"), ["sigterm", "orphan"])
    })
  )

  // The compiler takes some seconds, and on a busy machine a minute.
  it("is what its sources compile to", { timeout: 180_000 }, (context) => {
    const asc = compiler()
    if (asc === null) return context.skip(`AssemblyScript is not installed: ${installCompiler}`)
    const made = mkdtempSync(join(tmpdir(), "asc-"))
    try {
      const built = join(made, "built.wasm")
      build(asc, built)
      assert.isTrue(readFileSync(built).equals(readFileSync(module)), "run build.ts and commit the module")
    } finally {
      rmSync(made, { recursive: true })
    }
  })
})
