import { assert, describe, it } from "@effect/vitest"
import { pluginCommand, programCommand } from "../src/author/pluginCommand.ts"

describe("a plugin's command", () => {
  it("is the main beside its module: the bundle where it is built, the source in a clone", () => {
    assert.deepStrictEqual(pluginCommand("acme/drill", "file:///opt/drill/dist/command.js"), {
      id: "acme/drill",
      command: process.execPath,
      args: ["/opt/drill/dist/main.js"]
    })
    assert.deepStrictEqual(pluginCommand("acme/drill", "file:///src/drill%20one/src/command.ts").args, [
      "--conditions=@farmops/source",
      "/src/drill one/src/main.ts"
    ])
  })

  it("takes the condition with it only where the program is source", () => {
    assert.deepStrictEqual(programCommand("file:///opt/agent/dist/plugin-git-history.js").args, [
      "/opt/agent/dist/plugin-git-history.js"
    ])
    assert.deepStrictEqual(programCommand(new URL("file:///src/main.ts")).args, [
      "--conditions=@farmops/source",
      "/src/main.ts"
    ])
  })
})
