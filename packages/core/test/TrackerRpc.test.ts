import { Code, ConnectError, createClient } from "@connectrpc/connect"
import { createConnectTransport, createGrpcTransport } from "@connectrpc/connect-node"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, type Scope } from "effect"
import { HttpServer } from "effect/http"
import { makeRpcDoor, serveGrpc } from "../src/api/rpcServers.ts"
import { makeTrackerRpc } from "../src/api/TrackerRpc.ts"
import { ProofService } from "../src/gen/farmops/proof/v1/proof_pb.ts"
import { layerServer } from "../src/host/listen.ts"
import { approvedTestAgent, farmLayer } from "./farmLayers.ts"
import { makeTestAgent } from "./proofFixture.ts"

const at = { host: "127.0.0.1", port: 0 }
const bytes = (line: string) => new TextEncoder().encode(line)
async function* streamOf(lines: ReadonlyArray<string>) {
  for (const line of lines) yield { proof: bytes(line) }
}

const overGrpc = Effect.gen(function* () {
  const port = yield* serveGrpc(yield* makeTrackerRpc, at)
  return createClient(ProofService, createGrpcTransport({ baseUrl: `http://127.0.0.1:${port}` }))
})

/** Connect on the port of an HTTP/1.1 server, as a host mounts it. */
const overConnect = Effect.gen(function* () {
  const door = yield* makeRpcDoor
  const services = yield* Layer.build(layerServer({ ...at, wrap: door.wrap }))
  const { address } = yield* Effect.provideContext(HttpServer.HttpServer, services)
  const baseUrl = `http://127.0.0.1:${"port" in address ? address.port : 0}`
  const client = createClient(ProofService, createConnectTransport({ baseUrl, httpVersion: "1.1" }))
  return { client, baseUrl, open: Effect.flatMap(makeTrackerRpc, door.open) }
})

const run = <A, E>(test: Effect.Effect<A, E, Layer.Success<ReturnType<typeof farmLayer>> | Scope.Scope>) =>
  test.pipe(Effect.scoped, Effect.provide(farmLayer()))

describe("TrackerRpc", () => {
  it.live("takes single proofs and a stream of them over gRPC", () =>
    run(
      Effect.gen(function* () {
        const client = yield* overGrpc
        const agent = yield* approvedTestAgent
        const lines = yield* agent.chain(600)
        const [first = "", ...rest] = lines
        const { result } = yield* Effect.promise(() => client.submit({ proof: bytes(first) }))
        assert.deepInclude(result, { sequence: 0n, already: false, code: "" })
        const { results } = yield* Effect.promise(() => client.submitBatch(streamOf(rest)))
        assert.strictEqual(results.length, 599)
        assert.deepStrictEqual(
          results.map(({ code, sequence }) => [code, sequence]),
          rest.map((_, index) => ["", BigInt(index + 1)])
        )
      })
    )
  )

  it.live("answers a refusal as a result with REST's code, not as an error of the call", () =>
    run(
      Effect.gen(function* () {
        const client = yield* overGrpc
        const stranger = yield* makeTestAgent
        const line = yield* stranger.next()
        const { results } = yield* Effect.promise(() => client.submitBatch(streamOf([line, "{}"])))
        assert.deepStrictEqual(
          results.map(({ code }) => code),
          ["agent_unknown", "missing_field"]
        )
      })
    )
  )

  it.live("takes no message that is longer than a proof can be", () =>
    run(
      Effect.gen(function* () {
        const client = yield* overGrpc
        const error = yield* Effect.promise(() =>
          client.submit({ proof: new Uint8Array(10_000) }).catch(ConnectError.from)
        )
        assert.instanceOf(error, ConnectError)
        assert.strictEqual(error.code, Code.ResourceExhausted)
      })
    )
  )

  it.live("shares the port of an HTTP/1.1 server from the moment that it is opened", () =>
    run(
      Effect.gen(function* () {
        const { baseUrl, client, open } = yield* overConnect
        const agent = yield* approvedTestAgent
        const line = yield* agent.next()
        const submit = Effect.promise(() => client.submit({ proof: bytes(line) }).catch(ConnectError.from))
        const early = yield* submit
        assert.instanceOf(early, ConnectError)
        assert.strictEqual(early.code, Code.Unavailable)
        yield* open
        const taken = yield* submit
        assert.notInstanceOf(taken, ConnectError)
        const json = yield* Effect.promise(async () => {
          const response = await fetch(`${baseUrl}/farmops.proof.v1.ProofService/Submit`, {
            method: "POST",
            headers: { "content-type": "application/json" },
            body: JSON.stringify({ proof: Buffer.from(line).toString("base64") })
          })
          return (await response.json()) as { readonly result: { readonly already: boolean } }
        })
        assert.deepInclude(json.result, { already: true })
      })
    )
  )

  it.live("ends an open stream when it closes, and says that the tracker is away", () =>
    run(
      Effect.gen(function* () {
        const agent = yield* approvedTestAgent
        const line = yield* agent.next()
        let gone = (_: unknown) => {}
        const never = new Promise((resolve) => {
          gone = resolve
        })
        const outcome = yield* Effect.scoped(
          Effect.gen(function* () {
            const client = yield* overGrpc
            async function* endless() {
              yield { proof: bytes(line) }
              await never
            }
            // The call is under way once the server has read its first message.
            const call = client.submitBatch(endless()).catch(ConnectError.from)
            yield* Effect.promise(() => client.submit({ proof: bytes("{}") }))
            return call
          })
        )
        const error = yield* Effect.promise(() => outcome)
        gone(undefined)
        assert.instanceOf(error, ConnectError)
        assert.strictEqual(error.code, Code.Unavailable)
      })
    )
  )
})
