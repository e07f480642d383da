import { createServer, type IncomingMessage, type ServerResponse } from "node:http"
import { Code, ConnectError, type ConnectRouter } from "@connectrpc/connect"
import { connectNodeAdapter } from "@connectrpc/connect-node"
import { describe, expect, it } from "@effect/vitest"
import { Effect, type Layer } from "effect"
import { TrackerClient } from "../src/delivery/TrackerClient.ts"
import { ProofService } from "../src/gen/farmops/proof/v1/proof_pb.ts"

type Handler = (request: IncomingMessage, response: ServerResponse) => void

/** A real server that stands in for a tracker: `rpc` answers Connect where it is given, `rest` everything else. */
const tracker = (rest: Handler, rpc?: (router: ConnectRouter) => void) =>
  Effect.map(
    Effect.acquireRelease(
      Effect.callback<ReturnType<typeof createServer>>((resume) => {
        const connect = rpc === undefined ? null : connectNodeAdapter({ routes: rpc })
        const server = createServer((request, response) =>
          connect !== null && request.url?.startsWith("/farmops.")
            ? connect(request, response)
            : rest(request, response)
        )
        server.listen(0, "127.0.0.1", () => resume(Effect.succeed(server)))
      }),
      (server) =>
        Effect.sync(() => {
          server.closeAllConnections()
          server.close()
        })
    ),
    (server) => {
      const address = server.address()
      return `http://127.0.0.1:${typeof address === "object" && address !== null ? address.port : 0}/`
    }
  )

const json = (response: ServerResponse, status: number, body: object, headers: Record<string, string> = {}) =>
  response
    .writeHead(status, {
      "content-type": status >= 400 ? "application/problem+json" : "application/json",
      ...headers
    })
    .end(JSON.stringify(body))

const nowhere: Handler = (_, response) => json(response, 404, { code: "not_found", title: "Nothing here" })

const bodyOf = async (request: IncomingMessage): Promise<string> => {
  let text = ""
  for await (const chunk of request) text += String(chunk)
  return text
}

/** Accepts every line but "bad", after which it takes nothing. */
const judge = (line: string) =>
  line === "bad" ? { coins: 0, already: false, code: "bad_signature", detail: "no" } : { coins: 7, already: false }

const judging = (seen: Array<string>) => (router: ConnectRouter) =>
  router.service(ProofService, {
    async submitBatch(requests) {
      const results: Array<ReturnType<typeof judge>> = []
      for await (const { proof } of requests) {
        const line = new TextDecoder().decode(proof)
        seen.push(line)
        results.push(judge(line))
      }
      return { results }
    }
  })

const judgingRest =
  (seen: Array<string>): Handler =>
  async (request, response) => {
    if (request.url !== "/api/v1/proofs" || request.method !== "POST") return nowhere(request, response)
    const line = await bodyOf(request)
    seen.push(line)
    if (line === "bad") return json(response, 422, { code: "bad_signature", detail: "no" })
    return json(response, 201, { proof_id: "x", sequence: 0, hash: "y", coins: 7, already: false })
  }

const submit = (layer: Layer.Layer<TrackerClient>, lines: ReadonlyArray<string>) =>
  Effect.flatMap(TrackerClient, (client) => client.submit(lines)).pipe(Effect.provide(layer))

const accepted = { coins: 7, pending: false, already: false, code: null, detail: "" }
const refused = { coins: 0, pending: false, already: false, code: "bad_signature", detail: "no" }

describe("a tracker spoken to over Connect", () => {
  it.live("takes a whole batch in one request and answers for each line", () =>
    Effect.gen(function* () {
      const seen: Array<string> = []
      const url = yield* tracker(nowhere, judging(seen))
      expect(yield* submit(TrackerClient.layer(url), ["a", "ü", "bad"])).toEqual([accepted, accepted, refused])
      expect(seen).toEqual(["a", "ü", "bad"])
    })
  )

  it.live.each<[Code, string, object]>([
    [Code.Unavailable, "TrackerUnavailable", { reason: "Unavailable" }],
    [Code.Internal, "TrackerUnavailable", { reason: "Internal" }],
    [Code.DeadlineExceeded, "TrackerUnavailable", { reason: "DeadlineExceeded" }],
    [Code.PermissionDenied, "TrackerRefused", { status: 403, code: "PermissionDenied", detail: "no entry" }],
    [Code.InvalidArgument, "TrackerRefused", { status: 400, code: "InvalidArgument" }]
  ])("that fails with code %s is a %s", ([code, tag, fields]) =>
    Effect.gen(function* () {
      const url = yield* tracker(nowhere, (router) =>
        router.service(ProofService, {
          submitBatch() {
            throw new ConnectError("no entry", code)
          }
        })
      )
      expect(yield* Effect.flip(submit(TrackerClient.layer(url), ["a"]))).toMatchObject({ _tag: tag, ...fields })
    })
  )

  it.live("is away when nobody listens", () =>
    Effect.gen(function* () {
      const url = yield* Effect.scoped(tracker(nowhere))
      for (const layer of [TrackerClient.layer(url), TrackerClient.layerRest(url)]) {
        expect(yield* Effect.flip(submit(layer, ["a"]))).toMatchObject({ _tag: "TrackerUnavailable" })
      }
    })
  )

  it.live.each<[string, Handler]>([
    ["knows nothing of it", nowhere],
    ["is behind a proxy that answers with a page", (_, response) => response.end("<html>")]
  ])("is spoken to over REST when it %s, and not asked again", ([, unknown]) =>
    Effect.gen(function* () {
      const seen: Array<string> = []
      const asked: Array<string> = []
      const url = yield* tracker((request, response) => {
        asked.push(request.url ?? "")
        return request.url?.startsWith("/api/") ? judgingRest(seen)(request, response) : unknown(request, response)
      })
      yield* Effect.gen(function* () {
        const client = yield* TrackerClient
        expect(yield* client.submit(["a"])).toEqual([accepted])
        expect(yield* client.submit(["b"])).toEqual([accepted])
      }).pipe(Effect.provide(TrackerClient.layer(url)))
      expect(seen).toEqual(["a", "b"])
      expect(asked.filter((path) => path.startsWith("/farmops."))).toHaveLength(1)
    })
  )
})

describe("a tracker spoken to over REST", () => {
  it.live("is sent one line after the other, until it refuses one", () =>
    Effect.gen(function* () {
      const seen: Array<string> = []
      const url = yield* tracker(judgingRest(seen))
      expect(yield* submit(TrackerClient.layerRest(url), ["a", "bad", "c"])).toEqual([accepted, refused])
      expect(seen).toEqual(["a", "bad"])
    })
  )

  it.live("that goes away midway has answered for the lines before", () =>
    Effect.gen(function* () {
      let left = 2
      const url = yield* tracker((request, response) =>
        left-- > 0 ? judgingRest([])(request, response) : json(response, 503, { code: "draining" })
      )
      expect(yield* submit(TrackerClient.layerRest(url), ["a", "b", "c"])).toEqual([accepted, accepted])
    })
  )

  it.live.each([408, 429, 500, 502, 503, 504])("is away, not against us, with status %s", (status) =>
    Effect.gen(function* () {
      const url = yield* tracker((_, response) => json(response, status, { code: "busy" }, { "retry-after": "3" }))
      expect(yield* Effect.flip(submit(TrackerClient.layerRest(url), ["a"]))).toMatchObject({
        _tag: "TrackerUnavailable",
        reason: "busy",
        retryAfterMs: 3000
      })
    })
  )

  it.live("enrols an agent, and says when it will not", () =>
    Effect.gen(function* () {
      const answer = {
        agent_id: "0d9c7a52-0000-4000-8000-000000000000",
        status: "pending",
        fingerprint: "aa-bb",
        farm_salt: null,
        waiting_proofs: 0,
        head: null
      }
      const request = {
        agent_id: answer.agent_id,
        public_key: "a".repeat(64),
        recovery_public_key: null,
        cluster_alias: "home",
        requested_at: "2026-11-16T12:00:00Z",
        possession: "b".repeat(128)
      }
      let received = ""
      const url = yield* tracker(async (incoming, response) => {
        received = `${incoming.method} ${incoming.url} ${await bodyOf(incoming)}`
        return json(response, 200, answer)
      })
      const enroll = Effect.flatMap(TrackerClient, (client) => client.enroll(request))
      expect(yield* Effect.provide(enroll, TrackerClient.layer(url))).toEqual(answer)
      expect(received).toBe(`POST /api/v1/agents/enroll ${JSON.stringify(request)}`)
      const hostile = yield* tracker((_, response) =>
        json(response, 409, { code: "key_mismatch", detail: "other key" })
      )
      expect(yield* Effect.flip(Effect.provide(enroll, TrackerClient.layer(hostile)))).toMatchObject({
        _tag: "TrackerRefused",
        status: 409,
        code: "key_mismatch",
        detail: "other key"
      })
    })
  )
})
