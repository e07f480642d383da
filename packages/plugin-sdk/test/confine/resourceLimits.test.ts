import { execFileSync } from "node:child_process"
import { existsSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { assert, describe, it } from "@effect/vitest"

const prlimit = "/usr/bin/prlimit"
const module = fileURLToPath(new URL("../../src/runtime/confine/resourceLimits.ts", import.meta.url))

/** What a process that was itself limited would pass on to a plugin. */
const passedOn = (...own: ReadonlyArray<string>): ReadonlyArray<string> => {
  const code = `import("${module}").then(({ resourceLimits }) => console.log(resourceLimits({ openFiles: 200, processes: 64 }, "process").join()))`
  const args = [...own, "--", process.execPath, "--conditions=@farmops/source", "-e", code]
  return execFileSync(prlimit, args, { encoding: "utf8" }).trim().split(",")
}

describe.skipIf(!existsSync(prlimit))("resourceLimits", () => {
  it("gives a plugin no more than this process has, which the kernel would refuse", () => {
    assert.includeMembers([...passedOn("--nproc=900:900", "--nofile=120:120")], ["--nproc=900", "--nofile=120"])
  })

  it("asks for what was wanted where this process has more", () => {
    assert.include(passedOn("--nofile=300:300"), "--nofile=200")
  })
})
