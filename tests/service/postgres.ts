/** A real PostgreSQL server for tests: a cluster of its own in a temporary folder, on a port that was free, gone afterwards. */
import { execFileSync, spawnSync } from "node:child_process"
import { chmodSync, chownSync, existsSync, globSync, mkdtempSync, rmSync } from "node:fs"
import { createServer } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as Database from "@farmops/core/sql/Database"
import { Effect, Layer } from "effect"
import type { SqlClient } from "effect/sql"

const installed = globSync("/usr/lib/postgresql/*/bin/initdb").toSorted().at(-1)

/** Where the server's programs are; null where it is not installed, in which case tests skip and say how to install it. */
export const postgresBin: string | null = installed === undefined ? null : join(installed, "..")
if (postgresBin === null) console.warn("PostgreSQL is missing; install it with: apt-get install -y postgresql")

/** The server refuses to run as root, so root hands over to the user that Debian made for it. */
const asServerUser = (command: string, args: ReadonlyArray<string>): [string, ReadonlyArray<string>] =>
  process.getuid?.() === 0 ? ["runuser", ["-u", "postgres", "--", command, ...args]] : [command, args]

const freePort = () =>
  new Promise<number>((done) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const address = server.address()
      server.close(() => done(typeof address === "object" && address !== null ? address.port : 0))
    })
  })

/** A running server. */
export interface RunningPostgres {
  /** The URL of a new, empty database. */
  readonly makeDatabase: () => string
  readonly stop: () => void
}

/** Starts a server. Durability is left on: what these tests show is what a user gets. */
export const startPostgres = async (): Promise<RunningPostgres> => {
  const bin = postgresBin ?? ""
  const folder = mkdtempSync(join(tmpdir(), "farmops-postgres-"))
  chmodSync(folder, 0o755)
  if (process.getuid?.() === 0) {
    const id = (flag: string) => Number(execFileSync("id", [flag, "postgres"], { encoding: "utf8" }))
    chownSync(folder, id("-u"), id("-g"))
  }
  const data = join(folder, "data")
  const run = (program: string, ...args: ReadonlyArray<string>) => {
    const [command, whole] = asServerUser(join(bin, program), args)
    const { status, stderr } = spawnSync(command, whole, {
      cwd: folder,
      encoding: "utf8",
      stdio: ["ignore", "ignore", "pipe"]
    })
    if (status !== 0) throw new Error(`${program}: ${stderr}`)
  }
  const port = await freePort()
  run("initdb", "-D", data, "-U", "farmops", "-A", "trust", "-E", "UTF8", "--no-locale")
  const options = `-p ${port} -k ${folder} -h 127.0.0.1`
  run("pg_ctl", "-D", data, "-w", "-l", join(folder, "log"), "-o", options, "start")
  let databases = 0
  return {
    makeDatabase: () => {
      const name = `farm_${databases++}`
      run("createdb", "-h", "127.0.0.1", "-p", String(port), "-U", "farmops", name)
      return `postgres://farmops@127.0.0.1:${port}/${name}`
    },
    stop: () => {
      if (existsSync(data)) run("pg_ctl", "-D", data, "-m", "fast", "stop")
      rmSync(folder, { recursive: true, force: true })
    }
  }
}

/** A client on a fresh database of the server that `running` gives when the layer is built. */
export const freshDatabase = (running: () => RunningPostgres): Layer.Layer<SqlClient.SqlClient, unknown> =>
  Layer.fresh(Layer.unwrap(Effect.sync(() => Database.layer(running().makeDatabase()))))
