import { describe, expect, it } from "vitest"
import { keepsPermission } from "../../src/runtime/confine/keepsPermission.ts"

const script = "/plugin/main.js"

describe("Node's permission model", () => {
  it.each<[ReadonlyArray<string>]>([
    [[script]],
    [["--enable-source-maps", "--max-old-space-size=100", "-C", "x", script]],
    [["--import", "/plugin/more.js", "--", script]],
    // What comes behind the script is the script's.
    [[script, "--allow-fs-read=*"]]
  ])("is kept by %j", (args) => {
    expect(keepsPermission(args, {})).toBe(true)
  })

  it.each<[string]>([
    ["--allow-fs-read=*"],
    ["--allow_fs_read=*"],
    ["--allow-child-process"],
    ["--no-permission"],
    ["--env-file=/plugin/env"],
    ["--experimental-config-file=/plugin/node.config.json"],
    ["--an-option-of-a-later-node"]
  ])("is not kept by %s", (option) => {
    expect(keepsPermission([option, script], {})).toBe(false)
    expect(keepsPermission(["--no-warnings", option, "--", script], {})).toBe(false)
    expect(keepsPermission([script], { NODE_OPTIONS: `--no-warnings ${option}` })).toBe(false)
  })

  it("is kept by the environment that a program has for itself, and by no other", () => {
    expect(keepsPermission([script], { NODE_ENV: "production", LOG_LEVEL: "warn", TZ: "UTC" })).toBe(true)
    expect(keepsPermission([script], { NODE_OPTIONS: "--max-old-space-size=100" })).toBe(true)
    for (const name of ["LD_PRELOAD", "OPENSSL_CONF", "NODE_V8_COVERAGE", "NODE_PATH"]) {
      expect([name, keepsPermission([script], { [name]: "/plugin/more" })]).toEqual([name, false])
    }
    expect(keepsPermission([script], { NODE_OPTIONS: '"--allow-fs-read=*"' })).toBe(false)
  })
})
