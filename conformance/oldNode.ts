/** Finds a Node older than the one that the clone brings: the verifier promises to run there too. */
import { spawnSync } from "node:child_process"
import { existsSync } from "node:fs"
import { delimiter, join } from "node:path"

/** A program and what it says that it is. */
export interface OldNode {
  readonly path: string
  readonly version: string
}

const folders = [...(process.env.PATH ?? "").split(delimiter), "/usr/bin", "/usr/local/bin"]

/** The first Node 20 or 22 on this machine, or null after a line that says how to get one. */
export const findOldNode = (): OldNode | null => {
  for (const path of new Set(folders.map((folder) => join(folder, "node")))) {
    if (!existsSync(path)) continue
    const version = spawnSync(path, ["--version"], { encoding: "utf8", env: {} }).stdout?.trim() ?? ""
    if (/^v2[02]\./.test(version)) return { path, version }
  }
  console.warn("SKIPPED: no Node 20 or 22; `npx -p node@20 which node` gets one: put its folder on PATH")
  return null
}
