import { spawnSync } from "node:child_process"
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { afterEach, beforeEach, describe, expect, it } from "vitest"

const ensureFile = fileURLToPath(new URL("./ensure.mjs", import.meta.url))
let clone: string

/** A clone whose npm only writes what `npm ci` writes last, or fails. */
const run = (npm: "works" | "fails" = "works") => {
  const fake = join(clone, "npm.cjs")
  const hidden = join(clone, "node_modules", ".package-lock.json")
  writeFileSync(
    fake,
    npm === "works"
      ? `require("node:fs").mkdirSync(${JSON.stringify(join(clone, "node_modules"))}, { recursive: true });
         require("node:fs").writeFileSync(${JSON.stringify(hidden)}, "{}")`
      : `process.exit(3)`
  )
  const done = spawnSync(process.execPath, [join(clone, "scripts", "ensure.mjs")], {
    encoding: "utf8",
    env: { ...process.env, npm_execpath: fake }
  })
  return { status: done.status, said: done.stderr }
}

beforeEach(() => {
  clone = mkdtempSync(join(tmpdir(), "farmops-ensure-"))
  mkdirSync(join(clone, "scripts"))
  cpSync(ensureFile, join(clone, "scripts", "ensure.mjs"))
  writeFileSync(join(clone, "package-lock.json"), "one")
})
afterEach(() => rmSync(clone, { recursive: true, force: true }))

describe("ensure", () => {
  it("installs on a bare clone, says so, and does nothing the second time", () => {
    expect(run()).toEqual({ status: 0, said: "installing dependencies (first run)…\n" })
    expect(run()).toEqual({ status: 0, said: "" })
  })

  it("installs again when the lockfile changed", () => {
    run()
    writeFileSync(join(clone, "package-lock.json"), "two")
    const later = new Date(Date.now() + 60_000)
    utimesSync(join(clone, "package-lock.json"), later, later)
    expect(run().said).toContain("the lockfile changed")
  })

  it("trusts an install that somebody made by hand after the lockfile", () => {
    mkdirSync(join(clone, "node_modules"))
    writeFileSync(join(clone, "node_modules", ".package-lock.json"), "{}")
    expect(run("fails")).toEqual({ status: 0, said: "" })
  })

  it("passes on the failure of npm and starts over the next time", () => {
    const failed = run("fails")
    expect(failed.status).toBe(3)
    expect(failed.said).toContain("Run the same command again")
    expect(existsSync(join(clone, "node_modules", ".package-lock.json"))).toBe(false)
    expect(run().status).toBe(0)
  })
})
