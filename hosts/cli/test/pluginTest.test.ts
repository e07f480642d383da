import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { runFarmops } from "./runFarmops.ts"

const path = (name: string) => fileURLToPath(new URL(`../../../${name}`, import.meta.url))
const plugin = [process.execPath, path("plugins/git-history/bin/farmops-plugin-git-history.js")]

// Each starts the plugin several times: generous, for a busy machine is no failure of ours.
const startsMsMax = 300_000

describe("plugin test", { timeout: startsMsMax }, () => {
  let folder: string
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "farmops-plugin-test-"))
  })
  afterAll(() => rmSync(folder, { recursive: true }))

  it("prints what it asked and found, as JSON too, and exits with 65 where something is wrong", async () => {
    const golden = { source_type: "git", data: { kind: "push" }, expect: { verdict: "rejected" } }
    writeFileSync(join(folder, "push.json"), JSON.stringify(golden))
    const { code, stderr, stdout } = await runFarmops(
      ["plugin", "test", "--json", "--golden", ".", "--", ...plugin],
      folder
    )
    const report = JSON.parse(stdout)
    expect(report.plugin).toEqual({ id: "farmops/git-history", version: "0.1.0" })
    const wrong = report.checks.filter(({ outcome }: { outcome: string }) => outcome === "failed")
    expect(wrong).toHaveLength(1)
    expect(wrong[0]).toMatchObject({ name: "golden/push" })
    expect(wrong[0].reason).toContain('verdict is "inconclusive"')
    expect(JSON.parse(stderr).error).toMatchObject({ code: "not_conformant" })
    expect(code).toBe(65)
  })

  it("exits with 0 where a plugin does as it should", async () => {
    const { code, stdout } = await runFarmops(
      ["plugin", "test", "--golden", path("plugins/git-history/golden"), "--", ...plugin],
      folder
    )
    expect(stdout).toContain("ok    golden/commit: answers verified as its author says")
    expect(stdout).toContain(" 0 failed, 1 skipped\n")
    expect(code).toBe(0)
  })

  it("asks a WebAssembly module the same", async () => {
    const module = path("examples/plugins/wasm-restore-drill/restore-drill.wasm")
    const golden = path("examples/plugins/wasm-restore-drill/golden")
    const { code, stdout } = await runFarmops(["plugin", "test", "--golden", golden, "--wasm", module], folder)
    expect(stdout).toContain("ok    golden/restored: answers verified as its author says")
    expect(code).toBe(0)
    const none = await runFarmops(["plugin", "test", "--wasm", "missing.wasm"], folder)
    expect([none.code, none.stdout]).toEqual([65, ""])
  })

  it("tells a command line to mend from a plugin that does not start", async () => {
    const neither = await runFarmops(["plugin", "test"], folder)
    expect([neither.code, neither.stdout]).toEqual([64, ""])
    const both = await runFarmops(["plugin", "test", "--socket", "x.sock", "--", ...plugin], folder)
    expect([both.code, both.stdout]).toEqual([64, ""])
    const noGolden = await runFarmops(["plugin", "test", "--golden", "missing", "--", ...plugin], folder)
    expect([noGolden.code, noGolden.stdout]).toEqual([74, ""])
    const missing = await runFarmops(["plugin", "test", "--", "/nowhere/plugin"], folder)
    expect(missing.code).toBe(65)
    expect(missing.stdout).toContain("FAIL  start")
  })
})
