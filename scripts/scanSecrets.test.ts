import { spawnSync } from "node:child_process"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { assert, describe, it } from "@effect/vitest"
import { scanSecrets, testValues } from "./scanSecrets.ts"

// Put together here, or the scan would find this file.
const token = `ghp_${"a1".repeat(18)}`

const script = fileURLToPath(new URL("scanSecrets.ts", import.meta.url))

describe("scanSecrets", () => {
  it("finds tokens and keys, by line and kind", () => {
    const text = [
      "a = 1",
      `token = "${token}"`,
      `-----BEGIN ${"PRIVATE"} KEY-----`,
      `key: sk-ant-${"x1".repeat(10)}`
    ].join("\n")
    assert.deepStrictEqual(scanSecrets("src/a.ts", text), [
      { line: 2, kind: "GitHub token" },
      { line: 3, kind: "private key" },
      { line: 4, kind: "Anthropic key" }
    ])
  })

  it("finds a password in an address, but not in a test's", () => {
    const text = `url: postgres://farm:${"hay"}@barn/db`
    assert.lengthOf(scanSecrets("deploy/a.yaml", text), 1)
    assert.lengthOf(scanSecrets("packages/core/test/a.test.ts", text), 0)
  })

  it("leaves alone what is labelled, and names a reason for each file that is left out", () => {
    assert.deepStrictEqual(scanSecrets("src/a.ts", `const made = "${token}" // not-a-secret`), [])
    for (const why of Object.values(testValues)) assert.isAbove(why.length, 20)
  })

  it("stops a commit that holds one, and names file and line and never the value", () => {
    const folder = mkdtempSync(join(tmpdir(), "farmops-scan-"))
    try {
      const git = (...args: ReadonlyArray<string>) => spawnSync("git", [...args], { cwd: folder, encoding: "utf8" })
      const scan = () => spawnSync(process.execPath, [script, "--staged"], { cwd: folder, encoding: "utf8" })
      git("init", "-q")
      writeFileSync(join(folder, "fine.txt"), "hay\n")
      git("add", ".")
      assert.strictEqual(scan().status, 0)
      writeFileSync(join(folder, "config.txt"), `\ntoken: ${token}\n`)
      git("add", ".")
      // What is staged counts, not what lies in the folder.
      writeFileSync(join(folder, "config.txt"), "\n")
      const { status, stderr, stdout } = scan()
      assert.strictEqual(status, 1)
      assert.include(stderr, "config.txt:2: looks like a secret (GitHub token)")
      assert.notInclude(stderr + stdout, token)
    } finally {
      rmSync(folder, { recursive: true })
    }
  })
})
