/** `farmops-tracker`: a tracker as a process of its own. Reads arguments and environment; the rest is in layer.ts. */
import { createRequire } from "node:module"
import { dirname, resolve } from "node:path"
import { parseArgs } from "node:util"
import { NodeServices } from "@effect/platform-node"
import { type RequestRates, requestRatesDefault } from "@farmops/core/api/RequestLimits"
import * as DataDirectory from "@farmops/core/host/DataDirectory"
import { endWithLauncher } from "@farmops/core/host/endWithLauncher"
import { exitCodes } from "@farmops/core/host/exitCodes"
import { runHost } from "@farmops/core/host/runHost"
import { trustAuthority } from "@farmops/core/host/trustAuthority"
import { layerLog } from "@farmops/core/log/layerLog"
import { isLogLevel, logLevels } from "@farmops/core/log/logLevels"
import { sqliteFile } from "@farmops/core/sql/Database"
import { Effect, Redacted, Runtime, Schema } from "effect"
import { healthcheck } from "./healthcheck.ts"
import { RunningTracker, type TrackerConfig, trackerLayer } from "./layer.ts"

const usage = `Usage: farmops-tracker --db URL [--port N] [--grpc-port N] [--host ADDRESS] [--data FOLDER] [--name NAME]

Checks, scores and keeps one person's ledger of signed proofs, and shows the farm that grows from it.

  --db URL            sqlite:///absolute/path, sqlite://relative/path, a plain path, or postgres://…
                      (or the environment variable FARMOPS_DB)
  --port N            REST and Connect (default 8443; 0 takes a free port)
  --grpc-port N       plain-text gRPC (left out: none; 0 takes a free port)
  --host ADDRESS      on which address (default 127.0.0.1); beyond loopback, reads need the owner's token too
  --tls-cert FILE     speak TLS on that port, REST, Connect and gRPC alike; read again when it changes and on SIGHUP
  --tls-key FILE      its private key (or FARMOPS_TLS_CERT and FARMOPS_TLS_KEY)
  --tls-client-ca FILE
                      know agents by certificates that this one signed (or FARMOPS_TLS_CLIENT_CA)
  --agent-auth MODE   required: agents show an API key or a certificate; optional: their signatures do
                      (or FARMOPS_AGENT_AUTH; default required beyond loopback)
  --rate-limit LIST   requests a second, as agent=100,owner=50,address=10 (the defaults; 0 sets no limit), ten times as
                      many at once (or FARMOPS_RATE_LIMIT); a stream of proofs is one request
  --ca FILE           trust this authority too when villages are asked (or FARMOPS_CA)
  --data FOLDER       keeps the tracker's key and the owner's token (default: the folder of the database file)
  --name NAME         the farm's name (or FARMOPS_NAME; default "My farm")
  --time-zone ZONE    in which days are counted, such as Europe/Berlin; fixed at the first start
                      (default: the system's)
  --public-url URL    where villages reach this tracker, when it is not the address that it listens on
  --log LEVEL         debug, info, warn or error (default info)
  --healthcheck       ask the tracker that serves on --port of this machine, with --tls-cert if it has one, whether it is
                      ready, and end with 0 or 69
  --version           print the version and end

FARMOPS_OWNER_TOKEN sets the owner's token (32 characters or more); without it one is made and put into
FOLDER/owner-token, which may be deleted once the token is kept elsewhere: the tracker remembers its hash.
`

/** The command line leaves out something that nothing can stand in for, or says something that cannot be. */
class UsageFault extends Schema.TaggedError<UsageFault>()("UsageFault", { message: Schema.String }) {
  override readonly [Runtime.errorExitCode] = exitCodes.usage
}

const fault = (message: string) => new UsageFault({ message: `${message} (see --help)` })

const readArguments = Effect.try({
  try: () =>
    parseArgs({
      args: process.argv.slice(2),
      options: {
        db: { type: "string" },
        port: { type: "string" },
        "grpc-port": { type: "string" },
        host: { type: "string" },
        "tls-cert": { type: "string" },
        "tls-key": { type: "string" },
        "tls-client-ca": { type: "string" },
        "agent-auth": { type: "string" },
        "rate-limit": { type: "string" },
        ca: { type: "string" },
        data: { type: "string" },
        name: { type: "string" },
        "time-zone": { type: "string" },
        "public-url": { type: "string" },
        log: { type: "string" },
        healthcheck: { type: "boolean" },
        version: { type: "boolean" },
        help: { type: "boolean", short: "h" }
      }
    }).values,
  catch: (error) => fault(error instanceof Error ? error.message : "bad arguments")
})

const portOf = (flag: string, text: string) => {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN
  return port <= 65_535 ? Effect.succeed(port) : Effect.fail(fault(`${flag} takes a port from 0 to 65535`))
}

const dataFolderOf = (dbUrl: string, chosen: string | undefined) => {
  const file = sqliteFile(dbUrl)
  if (chosen !== undefined) return Effect.succeed(resolve(chosen))
  return file === null || file === ":memory:"
    ? Effect.fail(fault("name the folder for keys with --data"))
    : Effect.succeed(dirname(resolve(file)))
}

/** Flags win over the environment; a certificate without its key is half a thing. */
const tlsOf = (flags: Effect.Success<typeof readArguments>) => {
  const cert = flags["tls-cert"] ?? process.env.FARMOPS_TLS_CERT ?? ""
  const key = flags["tls-key"] ?? process.env.FARMOPS_TLS_KEY ?? ""
  const clientCa = flags["tls-client-ca"] ?? process.env.FARMOPS_TLS_CLIENT_CA ?? ""
  if (cert === "" && key === "" && clientCa === "") return Effect.succeed(null)
  if (cert === "" || key === "") return Effect.fail(fault("--tls-cert and --tls-key belong together"))
  return Effect.succeed({
    cert: resolve(cert),
    key: resolve(key),
    ...(clientCa === "" ? {} : { clientCa: resolve(clientCa) })
  })
}

/** Those that are named; the others keep their defaults. */
const ratesOf = Effect.fnUntraced(function* (text: string) {
  const rates: Record<keyof RequestRates, number> = { ...requestRatesDefault }
  for (const part of text.split(",").filter((part) => part !== "")) {
    const [, name = "", count = ""] = /^(agent|owner|address)=(\d{1,6})$/.exec(part.trim()) ?? []
    if (name === "") return yield* fault("--rate-limit takes agent=N,owner=N,address=N, requests a second each")
    rates[name as keyof RequestRates] = Number(count)
  }
  return rates
})

const readConfig = Effect.fnUntraced(function* (flags: Effect.Success<typeof readArguments>) {
  const dbUrl = flags.db ?? process.env.FARMOPS_DB ?? ""
  if (dbUrl === "") return yield* fault("name the database with --db URL or FARMOPS_DB")
  const publicUrl = flags["public-url"]
  const token = process.env.FARMOPS_OWNER_TOKEN ?? ""
  const grpc = flags["grpc-port"]
  const tls = yield* tlsOf(flags)
  if (tls !== null && grpc !== undefined) {
    return yield* fault("with TLS gRPC is on the same port; leave out --grpc-port, which is plain text")
  }
  const agentAuth = flags["agent-auth"] ?? process.env.FARMOPS_AGENT_AUTH ?? ""
  if (!["", "required", "optional"].includes(agentAuth)) return yield* fault("--agent-auth takes required or optional")
  const config: TrackerConfig = {
    dbUrl,
    port: yield* portOf("--port", flags.port ?? "8443"),
    grpcPort: grpc === undefined ? null : yield* portOf("--grpc-port", grpc),
    host: flags.host ?? "127.0.0.1",
    dataDir: yield* dataFolderOf(dbUrl, flags.data),
    timeZone: flags["time-zone"] ?? null,
    farmName: flags.name ?? process.env.FARMOPS_NAME ?? "My farm",
    sample: false,
    requestRates: yield* ratesOf(flags["rate-limit"] ?? process.env.FARMOPS_RATE_LIMIT ?? ""),
    ...(tls === null ? {} : { tls }),
    ...(agentAuth === "" ? {} : { agentsMustBeKnown: agentAuth === "required" }),
    ...(publicUrl === undefined ? {} : { publicUrl }),
    ...(token === "" ? {} : { ownerToken: Redacted.make(token, { label: "owner token" }) })
  }
  return config
})

/** To a person, never to a log: what is collected there is read by others. */
const showToken = Effect.fnUntraced(function* (token: Redacted.Redacted<string>, dataDir: string) {
  const path = `${dataDir}/owner-token`
  if (!process.stderr.isTTY) {
    return yield* Effect.logInfo("the owner's token was made; keep it elsewhere and delete its file").pipe(
      Effect.annotateLogs({ path })
    )
  }
  process.stderr.write(`The owner's token, shown this once: ${Redacted.value(token)}
It is also in ${path}: keep it elsewhere, and you may delete that file.\n`)
})

const serve = Effect.fnUntraced(function* (config: TrackerConfig) {
  // Held until the end: a second tracker on the same folder says so and ends.
  yield* DataDirectory.open(config.dataDir)
  return yield* Effect.gen(function* () {
    const { grpcPort, isOwnerTokenNew, ownerToken, url } = yield* RunningTracker
    if (isOwnerTokenNew && ownerToken !== null) yield* showToken(ownerToken, config.dataDir)
    yield* Effect.logInfo("tracker serves").pipe(
      Effect.annotateLogs({ url, ...(grpcPort === null ? {} : { grpcPort }) })
    )
    return yield* Effect.never
  }).pipe(Effect.provide(trackerLayer(config)))
}, Effect.scoped)

const program = Effect.gen(function* () {
  const flags = yield* readArguments
  if (flags.help === true) return process.stdout.write(usage)
  if (flags.version === true) {
    const { version } = createRequire(import.meta.url)("../package.json") as { version: string }
    return process.stdout.write(`farmops-tracker ${version}\n`)
  }
  if (flags.healthcheck === true) {
    return yield* healthcheck(
      yield* portOf("--port", flags.port ?? "8443"),
      flags["tls-cert"] || process.env.FARMOPS_TLS_CERT || null
    )
  }
  const level = flags.log ?? "info"
  if (!isLogLevel(level)) return yield* fault("--log takes debug, info, warn or error")
  const config = yield* readConfig(flags)
  const ca = flags.ca ?? process.env.FARMOPS_CA ?? ""
  if (ca !== "") yield* trustAuthority(ca)
  return yield* Effect.provide(serve(config), layerLog({ format: "auto", level: logLevels[level] }))
})

endWithLauncher()

runHost("farmops-tracker", Effect.provide(program, NodeServices.layer), {
  debug: process.env.FARMOPS_DEBUG !== undefined
})
