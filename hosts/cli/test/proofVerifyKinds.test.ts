import { spawn } from "node:child_process"
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { afterAll, describe, expect, it } from "vitest"
import type { Finished } from "./runFarmops.ts"

const bin = fileURLToPath(new URL("../bin/farmops.js", import.meta.url))

interface Vector {
  readonly public_key: string
  readonly recovery_key?: string
  readonly proofs: ReadonlyArray<string>
  readonly hash: string
}

const vector = (name: string): Vector =>
  JSON.parse(readFileSync(new URL(`../../../conformance/proof/v1/valid/${name}.json`, import.meta.url), "utf8"))

const rotated = vector("chain-that-rotates")
const recovered = vector("chain-recovered")

describe("farmops proof verify", () => {
  const folder = mkdtempSync(join(tmpdir(), "farmops-verify-kinds-"))
  afterAll(() => rmSync(folder, { recursive: true }))

  const run = (args: ReadonlyArray<string>, stdin = "") =>
    new Promise<Omit<Finished, "signal">>((done, fail) => {
      const child = spawn(process.execPath, ["--conditions=@farmops/source", bin, "proof", "verify", ...args], {
        env: { ...process.env, NODE_OPTIONS: "", NO_COLOR: "1" }
      })
      let [stdout, stderr] = ["", ""]
      child.stdout.setEncoding("utf8").on("data", (text) => (stdout += text))
      child.stderr.setEncoding("utf8").on("data", (text) => (stderr += text))
      child.on("error", fail)
      child.on("close", (code) => done({ code, stdout, stderr }))
      child.stdin.on("error", () => {})
      child.stdin.end(stdin)
    })
  const fileOf = (lines: ReadonlyArray<string>) => {
    const file = join(folder, "file")
    writeFileSync(file, lines.map((line) => `${line}\n`).join(""))
    return file
  }

  it("prints who signed from where on when the chain rotated", async () => {
    const { code, stdout } = await run([fileOf(rotated.proofs), "--key", rotated.public_key])
    const [first, ...epochs] = stdout.trimEnd().split("\n")
    expect([code, first]).toEqual([0, `ok: ${rotated.proofs.length} proofs, head ${rotated.hash}`])
    expect(epochs[0]).toBe(`from sequence 0: ${rotated.public_key}`)
    expect(epochs[1]).toMatch(/^from sequence [1-9]\d*: [0-9a-f]{64}$/)
    expect(epochs).toHaveLength(2)
  })

  it("takes the recovery key, and asks for it where a rotation is not signed by the key in force", async () => {
    const file = fileOf(recovered.proofs)
    const without = await run([file, "--key", recovered.public_key])
    expect(without.code).toBe(65)
    expect(without.stderr).toMatch(/^farmops: line \d+: bad_signature — .*give that too\.\n$/)
    const { code } = await run([file, "--key", recovered.public_key, "--recovery-key", recovered.recovery_key ?? ""])
    expect(code).toBe(0)
  })

  it("reads from a pipe", async () => {
    const text = rotated.proofs.map((line) => `${line}\n`).join("")
    const { code, stdout } = await run(["-", "--key", rotated.public_key, "--json"], text)
    expect(code).toBe(0)
    expect(JSON.parse(stdout)).toMatchObject({
      ok: true,
      kind: "chain",
      proofs: rotated.proofs.length,
      head: rotated.hash
    })
    expect((await run(["-", "--key", rotated.public_key], text.replace("1", "2"))).code).toBe(65)
  })

  it("checks one proof by itself and says what that does not show", async () => {
    const [, second = ""] = rotated.proofs
    const { code, stderr, stdout } = await run([fileOf([second]), "--key", rotated.public_key])
    expect([code, stdout]).toEqual([
      0,
      expect.stringMatching(/^ok: The proof holds by itself\..* head [0-9a-f]{64}\n$/)
    ])
    expect(stderr).toContain("does not show: That the proofs before it exist")
  })

  it("names the key that a file of this kind needs, with the status of a wrong command line", async () => {
    const chain = await run([fileOf(rotated.proofs)])
    expect([chain.code, chain.stdout]).toEqual([64, ""])
    expect(chain.stderr).toContain("Give --key HEX")
    const bundle = await run([fileOf(["c2sp.org/tlog-proof@v1"]), "--key", rotated.public_key])
    expect([bundle.code, bundle.stderr]).toEqual([64, expect.stringContaining("Give --tracker-key HEX")])
    const bad = await run([fileOf(rotated.proofs), "--key", rotated.public_key, "--recovery-key", "nonsense"])
    expect([bad.code, bad.stderr]).toEqual([64, expect.stringContaining("--recovery-key: ")])
  })

  it("says that a file is nothing of ours before it asks for a key", async () => {
    const { code, stderr } = await run([fileOf(["%PDF-1.7"])])
    expect([code, stderr]).toEqual([65, expect.stringContaining("line 1: not_json")])
  })
})
