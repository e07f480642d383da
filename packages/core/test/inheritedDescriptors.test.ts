import { spawn } from "node:child_process"
import { once } from "node:events"
import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Readable } from "node:stream"
import { text } from "node:stream/consumers"
import { fileURLToPath } from "node:url"
import { afterEach, beforeEach, describe, expect, it } from "vitest"

const program = fileURLToPath(new URL("inheritingProgram.ts", import.meta.url))

describe("a program that is started", () => {
  let folder: string
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "inherited-"))
  })
  afterEach(() => rmSync(folder, { recursive: true }))

  it.each([[40], [3_000], [5_000]])(
    "has nothing open of what this process was started with as descriptor %i",
    async (number) => {
      const secret = join(folder, "secret")
      writeFileSync(secret, "secret")
      const file = openSync(secret, "r")
      // Node itself passes none on of the first sixteen, and of those that follow without a gap.
      const between = Array.from({ length: number - 3 }, () => "ignore" as const)
      const child = spawn(process.execPath, ["--conditions=@farmops/source", program], {
        stdio: ["ignore", "pipe", "inherit", ...between, file]
      })
      const [links] = await Promise.all([text(child.stdout ?? Readable.from([])), once(child, "close")])
      closeSync(file)
      expect(links).toMatch(/ 1 -> (pipe|socket)/)
      expect(links).not.toContain(secret)
    }
  )
})
