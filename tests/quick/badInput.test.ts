/** What `farmops up` does with what it cannot use: one clear line, an exit status of its own, and nothing lost. */
import { execFileSync } from "node:child_process"
import { globSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs"
import { createServer } from "node:net"
import { join } from "node:path"
import { exitCodes } from "@farmops/core/host/exitCodes"
import { afterAll, describe, expect, it } from "vitest"
import { FarmProcess, farmops, type Output, temporary } from "./FarmProcess.ts"
import { makeMarkedRepository } from "./markedRepository.ts"

const folder = temporary("bad")
afterAll(folder.remove)

const fresh = (name: string) => join(folder.path, name)
const repository = makeMarkedRepository(folder.path, 3).path
const up = (data: string, ...args: ReadonlyArray<string>) => farmops(["up", "--data", data, ...args])

/** One line that names the program, ends the output, and is no stack trace. */
const expectOneLine = ({ code, stderr }: Output, expected: number) => {
  expect({ code, stderr }).toMatchObject({ code: expected, stderr: expect.stringMatching(/^farmops: .{20,}\n$/) })
}

describe("farmops up", () => {
  it("refuses a folder that is not a repository", async () => {
    const path = fresh("plain")
    mkdirSync(path)
    expectOneLine(await up(fresh("d1"), "--repo", path, "--port-base", "0"), exitCodes.notARepository)
  })

  it("refuses a repository without commits", async () => {
    const path = fresh("empty")
    execFileSync("git", ["init", "--quiet", path])
    expectOneLine(await up(fresh("d2"), "--repo", path, "--port-base", "0"), exitCodes.emptyRepository)
  })

  it("refuses a shallow clone, whose history it could not check", async () => {
    const path = fresh("shallow")
    execFileSync("git", ["clone", "--quiet", "--depth", "1", `file://${repository}`, path])
    expectOneLine(await up(fresh("d3"), "--repo", path, "--port-base", "0"), exitCodes.shallowRepository)
  })

  it("refuses a port that is in use, and names it", async () => {
    const server = createServer()
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
    const address = server.address()
    const port = typeof address === "object" && address !== null ? address.port : 0
    const output = await up(fresh("d4"), "--repo", repository, "--port-base", String(port))
    expectOneLine(output, exitCodes.portInUse)
    expect(output.stderr).toContain(String(port))
    await new Promise((resolve) => server.close(resolve))
  })

  it("refuses a data directory of a newer version and leaves it as it is", async () => {
    const data = fresh("d5")
    mkdirSync(data, { mode: 0o700 })
    writeFileSync(join(data, "version"), "999\n")
    expectOneLine(await up(data, "--repo", repository, "--port-base", "0"), exitCodes.dataNewer)
    expect(readFileSync(join(data, "version"), "utf8")).toBe("999\n")
  })

  it("refuses a second start on the same directory while the first runs on", async () => {
    const farm = new FarmProcess({ data: fresh("d6"), repository })
    await farm.grown(3)
    expectOneLine(await up(farm.data, "--repo", repository, "--port-base", "0"), exitCodes.alreadyRunning)
    const after = await farm.grown(3)
    expect(Number(after.total_coins)).toBeGreaterThan(0)
    expect(await farm.stop()).toBe(0)
  })

  it("refuses a corrupted database, changes no byte of it, and takes the good one back", async () => {
    const data = fresh("d7")
    const first = new FarmProcess({ data, repository })
    const before = await first.grown(3)
    await first.stop()
    const databases = globSync(`${data}/**/*.db`).filter((file) => !file.endsWith("lock.db") && statSync(file).size > 0)
    expect(databases.length).toBeGreaterThanOrEqual(2)
    for (const file of databases) {
      const good = readFileSync(file)
      const bad = Buffer.from(good)
      bad.fill(0x5a, 0, Math.min(bad.length, 4096))
      writeFileSync(file, bad)
      expectOneLine(await up(data, "--repo", repository, "--port-base", "0"), exitCodes.corrupted)
      expect(readFileSync(file).equals(bad)).toBe(true)
      writeFileSync(file, good)
    }
    const second = new FarmProcess({ data, repository })
    const after = await second.grown(3)
    await second.stop()
    expect([after.total_coins, after.proofs]).toEqual([before.total_coins, before.proofs])
  })

  it("refuses an unknown flag and a port that is no port", async () => {
    expectOneLine(await up(fresh("d8"), "--prot-base", "1"), exitCodes.usage)
    expectOneLine(await up(fresh("d8"), "--port-base", "99999"), exitCodes.usage)
  })

  it("has a different status for each", () => {
    expect(new Set(Object.values(exitCodes)).size).toBe(Object.values(exitCodes).length)
  })
})
