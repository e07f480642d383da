/**
 * The images of the agent, the harness, the tracker and the issue-triage agent, built for real by podman from their Dockerfiles. No registry is asked: what stands in for the public base image
 * is this Node, with the prlimit that every Debian has, and the libraries that they link to.
 */
import { spawnSync } from "node:child_process"
import { chmodSync, cpSync, mkdirSync, mkdtempSync, realpathSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"

const repository = fileURLToPath(new URL("../..", import.meta.url))

const ask = (command: string, args: ReadonlyArray<string>, cwd: string = repository) =>
  spawnSync(command, [...args], { cwd, encoding: "utf8", timeout: 120_000, maxBuffer: 8 * 1024 * 1024 })

const missing = (): string | null => {
  const { error, status, stderr } = ask("podman", ["info"])
  if (error !== undefined) return "podman is missing; install it with: apt-get install -y podman"
  return status === 0 ? null : `podman does not work here: ${stderr.trim().split("\n").at(-1)}`
}

/** Why no container can be started here; null where one can. Tests skip then, and say so. */
export const podmanMissing: string | null = missing()
if (podmanMissing !== null) console.warn(`the tests of the images are skipped: ${podmanMissing}`)

/** Runs podman to its end and gives what it printed; fails with what it complained of. */
export const podman = (...args: ReadonlyArray<string>): string => {
  const { status, stderr, stdout } = ask("podman", args)
  if (status !== 0) throw new Error(`podman ${args.slice(0, 2).join(" ")} ended with ${status}: ${stderr}`)
  return stdout.trim()
}

/** The same, null where it fails. */
export const tryPodman = (...args: ReadonlyArray<string>): string | null => {
  const { status, stdout } = ask("podman", args)
  return status === 0 ? stdout.trim() : null
}

/** What a container has said, on both streams. */
export const podmanLogs = (container: string): string => {
  const { stderr, stdout } = ask("podman", ["logs", container])
  return stdout + stderr
}

const must = (command: string, args: ReadonlyArray<string>, cwd: string) => {
  const { status, stderr, stdout } = ask(command, args, cwd)
  if (status !== 0) throw new Error(`${command} ended with ${status}: ${stdout}${stderr}`)
  return stdout
}

const importBase = (folder: string, name: string) => {
  const root = join(folder, "root")
  const put = (from: string, to: string) => {
    mkdirSync(dirname(join(root, to)), { recursive: true })
    cpSync(realpathSync(from), join(root, to))
  }
  put(process.execPath, "/usr/local/bin/node")
  put("/usr/bin/prlimit", "/usr/bin/prlimit")
  const linked = must("ldd", [process.execPath, "/usr/bin/prlimit"], folder).match(/\/\S+(?= \()/g) ?? []
  for (const library of new Set(linked)) put(library, library)
  mkdirSync(join(root, "tmp"))
  chmodSync(join(root, "tmp"), 0o1777)
  must("tar", ["-C", root, "-cf", "root.tar", "."], folder)
  podman("import", "--quiet", "--change", "ENV PATH=/usr/local/bin:/usr/bin", join(folder, "root.tar"), name)
}

/** Where the program of each image is. */
const placeOf = {
  agent: "hosts/agent",
  harness: "hosts/harness",
  tracker: "hosts/tracker",
  "issue-triage": "agents/issue-triage"
} as const

/** Builds a program's image as its Dockerfile says, from bundles of this tree. Gives its name and what removes it. */
export const buildImage = (host: keyof typeof placeOf) => {
  const folder = mkdtempSync(join(tmpdir(), "farmops-image-"))
  const name = `localhost/farmops-${host}-test:${process.pid}`
  const base = `localhost/farmops-node-test-${host}:${process.pid}`
  const remove = () => {
    tryPodman("rmi", "--force", name, base)
    rmSync(folder, { recursive: true, force: true })
  }
  try {
    const context = join(folder, "context")
    const place = join(context, placeOf[host])
    mkdirSync(place, { recursive: true })
    for (const file of ["LICENSE", `${placeOf[host]}/package.json`]) cpSync(join(repository, file), join(context, file))
    const rolldown = join(repository, "node_modules/rolldown/bin/cli.mjs")
    const flags = ["-c", "../../rolldown.config.ts", "-d", join(place, "dist")]
    must(process.execPath, [rolldown, ...flags], join(repository, placeOf[host]))
    importBase(folder, base)
    const dockerfile = join(repository, "deploy", host, "Dockerfile")
    const build = ["build", "--quiet", "--layers=false", "--file", dockerfile]
    podman(...build, "--build-arg", `NODE_IMAGE=${base}`, "--tag", name, context)
    return { name, remove }
  } catch (cause) {
    remove()
    throw cause
  }
}
