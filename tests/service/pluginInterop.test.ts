/** Plugins and clients of other gRPC libraries, unary and over a Session. The Session is our own framing: these hold it to gRPC. */
import { execFile, spawnSync } from "node:child_process"
import { existsSync, mkdtempSync, rmSync } from "node:fs"
import { createRequire } from "node:module"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"
import { assert, describe, it } from "@effect/vitest"
import { serveOn } from "@farmops/plugin-sdk/author/servePlugin"
import { readGoldenFolder } from "@farmops/plugin-sdk/conformance/goldenVerdict"
import { runConformance } from "@farmops/plugin-sdk/conformance/runConformance"
import { makePluginClient } from "@farmops/plugin-sdk/runtime/client/pluginClient"
import { Effect, Redacted } from "effect"
import { makeEcho } from "../../packages/plugin-sdk/test/echoPlugin.ts"
import { observation } from "../../packages/plugin-sdk/test/observation.ts"

const path = (name: string) => fileURLToPath(new URL(`../../${name}`, import.meta.url))
const example = path("examples/plugins/python")

// Debian's own, whatever other Python comes first in PATH.
const python = "/usr/bin/python3"
const hasPython = spawnSync(python, ["-c", "import grpc, google.protobuf"]).status === 0
if (!hasPython) {
  console.warn("python3-grpcio is missing; install it with: apt-get install -y python3-grpcio python3-protobuf")
}

const peers = path("bench/peers/package.json")
const hasGrpcJs = existsSync(path("bench/peers/node_modules/@grpc/grpc-js"))
if (!hasGrpcJs) console.warn("grpc-js is missing; install it with: npm ci --ignore-scripts --prefix bench/peers")

const token = "right"

const temporarySocket = Effect.map(
  Effect.acquireRelease(
    Effect.sync(() => mkdtempSync(join(tmpdir(), "farmops-interop-"))),
    (folder) => Effect.sync(() => rmSync(folder, { recursive: true, force: true }))
  ),
  (folder) => join(folder, "plugin.sock")
)

const serveEcho = Effect.gen(function* () {
  const socket = yield* temporarySocket
  const served = yield* Effect.promise(() => serveOn(makeEcho().plugin, { socket, token }))
  yield* Effect.addFinalizer(() => Effect.promise(served.close))
  return socket
})

const expectedStream = Object.fromEntries(
  Array.from({ length: 40 }, (_, at) => at + 1).map((number) => {
    if (number % 10 === 0) return [number, 3]
    return [number, number === 7 ? "x".repeat(100) : `word ${number}`]
  })
)

describe.skipIf(!hasPython)("gRPC in Python", () => {
  it.live("serves a plugin that does everything an agent relies on", () =>
    Effect.gen(function* () {
      const golden = yield* readGoldenFolder(join(example, "golden"))
      const report = yield* runConformance(
        { _tag: "Program", command: python, args: ["-B", join(example, "plugin.py")] },
        golden
      )
      assert.deepStrictEqual(
        report.checks.filter(({ outcome }) => outcome !== "passed").map(({ name, reason }) => [name, reason]),
        [["configure", "it publishes no configuration schema"]]
      )
    })
  )

  it.live("asks our plugins, unary and over a Session", () =>
    Effect.gen(function* () {
      const socket = yield* serveEcho
      const args = ["-B", path("tests/service/pluginClient.py"), socket, token, example]
      const { stdout } = yield* Effect.promise(() => promisify(execFile)(python, args))
      assert.deepStrictEqual(JSON.parse(stdout), {
        capabilities: ["session"],
        unary: "one",
        streamed: expectedStream,
        refused: ["UNAUTHENTICATED", "wrong or missing token"]
      })
    })
  )

  it("goes by the contract as it is now", () => {
    const image = ["build", "--path", "proto/farmops/plugin/v1", "--exclude-source-info", "-o", "-#format=binpb"]
    const { status, stdout } = spawnSync(path("node_modules/.bin/buf"), image, { cwd: path(".") })
    assert.strictEqual(status, 0)
    const kept = spawnSync("cat", [join(example, "contract.binpb")]).stdout
    // Else: npx buf build --path proto/farmops/plugin/v1 --exclude-source-info -o examples/plugins/python/contract.binpb
    assert.isTrue(kept.equals(stdout))
  })
})

interface Answered {
  readonly id: string
  readonly verify: { readonly reason: string } | null
  readonly failure: { readonly code: number } | null
}
interface SessionCall {
  readonly on: (event: string, listener: (value: never) => void) => SessionCall
  readonly write: (message: unknown) => void
  readonly end: () => void
}
interface GrpcJs {
  readonly credentials: { readonly createInsecure: () => unknown }
  readonly ServerCredentials: { readonly createInsecure: () => unknown }
  readonly Metadata: new () => { readonly set: (name: string, value: string) => void }
  readonly loadPackageDefinition: (definition: unknown) => {
    readonly farmops: {
      readonly plugin: {
        readonly v1: {
          readonly FarmPlugin: {
            new (address: string, credentials: unknown): { readonly Session: (metadata: unknown) => SessionCall }
            readonly service: unknown
          }
        }
      }
    }
  }
  readonly Server: new () => {
    readonly addService: (service: unknown, handlers: unknown) => void
    readonly bindAsync: (address: string, credentials: unknown, bound: (error: Error | null) => void) => void
    readonly forceShutdown: () => void
  }
}

const loadGrpcJs = () => {
  const load = createRequire(peers)
  const grpc = load("@grpc/grpc-js") as GrpcJs
  const { loadSync } = load("@grpc/proto-loader") as { readonly loadSync: (file: string, options: unknown) => unknown }
  const options = { keepCase: true, longs: String, includeDirs: [path("proto")] }
  const definition = loadSync("farmops/plugin/v1/plugin.proto", options)
  return { grpc, FarmPlugin: grpc.loadPackageDefinition(definition).farmops.plugin.v1.FarmPlugin }
}

const json = (value: unknown) => Buffer.from(JSON.stringify(value))

describe.skipIf(!hasGrpcJs)("grpc-js", () => {
  it.live("asks our plugins over a Session", () =>
    Effect.gen(function* () {
      const socket = yield* serveEcho
      const { FarmPlugin, grpc } = loadGrpcJs()
      const client = new FarmPlugin(`unix:${socket}`, grpc.credentials.createInsecure())
      const ask = (given: string) =>
        new Promise<{ answers: Record<string, unknown>; code: number; details: string }>((done) => {
          const metadata = new grpc.Metadata()
          metadata.set("authorization", given)
          const answers: Record<string, unknown> = {}
          const call = client.Session(metadata)
          call.on("data", ({ failure, id, verify }: Answered) => {
            answers[id] = verify?.reason ?? failure?.code
          })
          call.on("error", () => undefined)
          call.on("status", ({ code, details }: { code: number; details: string }) => done({ answers, code, details }))
          for (let number = 1; number <= 40; number++) {
            const raw_data = json(number === 7 ? "x".repeat(100_000) : `word ${number}`)
            call.write({
              id: String(number),
              verify: { source_type: number % 10 === 0 ? "elsewhere" : "test", raw_data }
            })
          }
          call.end()
        })
      const { answers, code } = yield* Effect.promise(() => ask(`Bearer ${token}`))
      assert.strictEqual(code, 0)
      assert.deepStrictEqual(answers, expectedStream)
      const refused = yield* Effect.promise(() => ask("Bearer wrong"))
      assert.deepStrictEqual([refused.code, decodeURIComponent(refused.details)], [16, "wrong or missing token"])
    })
  )

  it.live("serves a Session that our client asks, and fails what waits when it goes away", () =>
    Effect.gen(function* () {
      const socket = yield* temporarySocket
      const { FarmPlugin, grpc } = loadGrpcJs()
      const server = new grpc.Server()
      server.addService(FarmPlugin.service, {
        Describe: (_: unknown, reply: (error: null, message: unknown) => void) =>
          reply(null, { capabilities: ["session"] }),
        Session: (call: SessionCall) => {
          call.on("data", ({ id, verify }: { id: string; verify: { raw_data: Buffer } | null }) => {
            const word: unknown = verify === null ? null : JSON.parse(verify.raw_data.toString("utf8"))
            if (word === "refuse") call.write({ id, failure: { code: 3, message: "no" } })
            else if (word === "end") server.forceShutdown()
            else if (word !== null) call.write({ id, verify: { verdict: "inconclusive", reason: word } })
          })
          call.on("end", () => call.end())
        }
      })
      yield* Effect.promise(
        () =>
          new Promise<void>((bound) =>
            server.bindAsync(`unix:${socket}`, grpc.ServerCredentials.createInsecure(), () => bound())
          )
      )
      yield* Effect.addFinalizer(() => Effect.sync(() => server.forceShutdown()))
      const client = makePluginClient(socket, Redacted.make(token), 5_000)
      yield* Effect.addFinalizer(() => client.close)
      yield* client.describe(5_000)
      const words = Array.from({ length: 100 }, (_, at) => `word ${at}`)
      const answers = yield* Effect.all(
        words.map((word) => client.verify(observation(word))),
        { concurrency: "unbounded" }
      )
      assert.deepStrictEqual(
        answers.map(({ reason }) => reason),
        words
      )
      assert.strictEqual((yield* Effect.flip(client.verify(observation("refuse")))).code, 3)
      assert.strictEqual((yield* Effect.flip(client.verify(observation("end")))).code, 14)
    })
  )
})
