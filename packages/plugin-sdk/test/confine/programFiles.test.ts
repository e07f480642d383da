import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { afterEach, beforeEach, describe, expect, it } from "vitest"
import { programFiles } from "../../src/runtime/confine/programFiles.ts"

describe("programFiles", () => {
  let folder: string
  const put = (name: string) => {
    mkdirSync(dirname(join(folder, name)), { recursive: true })
    writeFileSync(join(folder, name), name.endsWith("package.json") ? "{}" : "")
    return join(folder, name)
  }
  const readable = (path: string, files: ReadonlyArray<string>) =>
    files.some((file) => path === file || path.startsWith(`${file}/`))

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "program-"))
  })
  afterEach(() => rmSync(folder, { recursive: true }))

  it("are a package's code and manifest, and nothing that lies beside them", () => {
    const code = [put("src/main.js"), put("src/deep/more.js"), put("package.json"), put("node_modules/one/index.js")]
    const beside = [put(".env"), put("data/agent.key"), put("agent.key"), put("notes.txt"), put(".git/config")]
    const files = programFiles(process.execPath, [code[0] ?? ""])
    for (const path of [process.execPath, ...code]) expect([path, readable(path, files)]).toEqual([path, true])
    for (const path of beside) expect([path, readable(path, files)]).toEqual([path, false])
  })

  it("are code alone where there is no package, never the whole folder", () => {
    const script = put("plugin.py")
    const files = programFiles("/usr/bin/python3", [script, put("agent.key")])
    expect(readable(put("plugin_pb2.py"), programFiles("/usr/bin/python3", [script]))).toBe(true)
    for (const name of ["agent.key", "data/secret"]) expect(readable(put(name), files)).toBe(false)
  })

  it("are the program, its script and what its owner names, where the owner names anything", () => {
    const script = put("src/main.js")
    put("package.json")
    const templates = dirname(put("templates/one.txt"))
    const files = programFiles(process.execPath, [script], [templates])
    expect([readable(script, files), readable(templates, files)]).toEqual([true, true])
    expect(readable(put("src/other.js"), files)).toBe(false)
  })
})
