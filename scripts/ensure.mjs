// Makes a clone ready to run: installs what is missing, then refuses a Node that cannot run TypeScript.
// Plain JavaScript for Node 18 and newer, with no dependency: it runs before there are any.
import { spawnSync } from "node:child_process"
import { createHash } from "node:crypto"
import { existsSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"

/** Which Node can run the sources: the first 22.x that strips types by itself and has the SQLite we need. */
export const isNodeEnough = (version) => {
  const [major = 0, minor = 0] = version.replace(/^v/, "").split(".").map(Number)
  return major > 22 || (major === 22 && minor >= 19)
}

const lockHash = (root) =>
  createHash("sha256")
    .update(readFileSync(join(root, "package-lock.json")))
    .digest("hex")

/** npm writes its hidden lockfile last, so a tree that has one newer than ours, or made from the same text, is complete. */
export const isInstalled = (root) => {
  const hidden = join(root, "node_modules", ".package-lock.json")
  if (!existsSync(hidden)) return false
  const stamp = join(root, "node_modules", ".farmops-lock")
  if (existsSync(stamp) && readFileSync(stamp, "utf8").trim() === lockHash(root)) return true
  return statSync(hidden).mtimeMs >= statSync(join(root, "package-lock.json")).mtimeMs
}

const install = (root) => {
  const first = !existsSync(join(root, "node_modules"))
  process.stderr.write(
    first
      ? "installing dependencies (first run)…\n"
      : "installing dependencies (the lockfile changed or the last install did not finish)…\n"
  )
  const args = ["ci", "--no-audit", "--no-fund", "--loglevel=error"]
  const npm = process.env.npm_execpath
  const done =
    npm !== undefined && /\.c?js$/.test(npm)
      ? spawnSync(process.execPath, [npm, ...args], { cwd: root, stdio: ["ignore", 2, 2] })
      : spawnSync("npm", args, { cwd: root, stdio: ["ignore", 2, 2], shell: process.platform === "win32" })
  if (done.status !== 0) {
    // Without this file the next run starts over instead of trusting half a tree.
    rmSync(join(root, "node_modules", ".package-lock.json"), { force: true })
    process.stderr.write("farmops: npm ci did not finish; its own message is above. Run the same command again.\n")
    return done.status ?? 1
  }
  return 0
}

export const ensure = (root, version) => {
  if (!isInstalled(root)) {
    const status = install(root)
    if (status !== 0) return status
  }
  writeFileSync(join(root, "node_modules", ".farmops-lock"), `${lockHash(root)}\n`)
  if (!isNodeEnough(version) && !existsSync(join(root, "node_modules", ".bin", "node"))) {
    process.stderr.write(`farmops: needs Node >= 22.19, this is ${version}. Install a newer Node and run this again.\n`)
    return 78
  }
  return 0
}

if (process.argv[1] !== undefined && fileURLToPath(import.meta.url) === process.argv[1]) {
  process.exitCode = ensure(fileURLToPath(new URL("..", import.meta.url)), process.version)
}
