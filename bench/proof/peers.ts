/** Other people's signed logs and gRPC. They live in `bench/peers`, outside the workspaces, so that nobody installs them but this benchmark. */
import { execFileSync, spawnSync } from "node:child_process"
import { existsSync, mkdtempSync, rmSync } from "node:fs"
import { createRequire } from "node:module"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"

const folder = fileURLToPath(new URL("../peers/", import.meta.url))

/** Loads a peer by name; the first call installs them. */
export const openPeers = (): ((name: string) => unknown) => {
  if (!["hypercore", "@grpc/grpc-js"].every((name) => existsSync(join(folder, "node_modules", name)))) {
    console.log("installing the peers (npm ci in bench/peers)…")
    // The prebuilt binaries are in the packages: nothing needs to be built.
    execFileSync("npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund"], { cwd: folder, stdio: "inherit" })
  }
  return createRequire(join(folder, "package.json"))
}

/** Which libsodium the peer in JavaScript got: a binary, or the slow one in JavaScript. */
export const ssbSodium = (): string => {
  const fromChloride = createRequire(
    createRequire(join(folder, "node_modules", "ssb-keys", "index.js")).resolve("chloride")
  )
  try {
    fromChloride("sodium-native")
    return `its own sodium-native ${(fromChloride("sodium-native/package.json") as { version: string }).version}`
  } catch {
    return "JavaScript only: its native libsodium does not load here"
  }
}

interface Hypercore {
  readonly ready: () => Promise<void>
  readonly append: (block: Uint8Array) => Promise<unknown>
  readonly close: () => Promise<void>
}

/** Blocks a second that hypercore appends one by one, each signed and each on disk. */
export const hypercoreRate = async (load: (name: string) => unknown, blocks: ReadonlyArray<Uint8Array>) => {
  const Core = load("hypercore") as new (directory: string) => Hypercore
  const directory = mkdtempSync(join(tmpdir(), "farmops-hypercore-"))
  try {
    const core = new Core(directory)
    await core.ready()
    const began = performance.now()
    for (const block of blocks) await core.append(block)
    const seconds = (performance.now() - began) / 1000
    await core.close()
    return blocks.length / seconds
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

/** What `openssl speed` says of one core, with its own short message; null where the program is not installed. */
export const opensslSpeed = (): { readonly sign: number; readonly verify: number; readonly version: string } | null => {
  const run = spawnSync("openssl", ["speed", "-seconds", "1", "-mr", "ed25519"], { encoding: "utf8" })
  // "+F6:number:bits:name:signatures a second:verifications a second"
  const [sign, verify] = (/^\+F6:.*$/m.exec(run.stdout ?? "")?.[0].split(":") ?? []).slice(-2).map(Number)
  if (sign === undefined || verify === undefined || !(sign > 0)) return null
  return { sign, verify, version: execFileSync("openssl", ["version"], { encoding: "utf8" }).trim() }
}
