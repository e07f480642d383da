import { execFileSync } from "node:child_process"
import { readFileSync } from "node:fs"
import { createServer } from "node:https"
import type { AddressInfo } from "node:net"
import { join } from "node:path"
import { describe, expect, it } from "@effect/vitest"
import { Context, Effect, Fiber, Layer, Redacted } from "effect"
import { HttpServer } from "effect/http"
import { makeAlertmanagerSource } from "../../src/sources/alertmanager/AlertmanagerSource.ts"
import { layerReceiverServer } from "../../src/sources/receive/Receiver.ts"
import { makeSourceMemoryInRam } from "../../src/sources/SourceMemory.ts"
import { serverWith } from "./serverFixture.ts"
import { dataOf, type MemorySink, makeMemorySink, untilState, watch } from "./sinkFixture.ts"
import { temporaryFolder } from "./temporaryFolder.ts"

const base = { name: "alerts", actor: "ops" } as const
const credential = { bearer_token: Redacted.make("hush") }

const alert = (fingerprint: string, changes: object = {}) => ({
  fingerprint,
  startsAt: "2026-02-03T10:00:00.123Z",
  endsAt: "2026-02-03T10:30:00.456Z",
  labels: { alertname: "BarnDown" },
  status: { state: "active", silencedBy: [], inhibitedBy: [] },
  ...changes
})

const told = (sink: MemorySink) => sink.taken.map((one) => (dataOf(one) as { readonly status: string }).status)

/** A stand-in that can be made to misbehave; the real one is in the service tier. */
const standIn = Effect.fnUntraced(function* () {
  const now = { alerts: [] as ReadonlyArray<object>, uptime: "a", status: 200, body: null as string | null, asked: 0 }
  const [headers, paths] = [new Set<string | undefined>(), new Set<string>()]
  const url = yield* serverWith((request, response) => {
    const path = request.url ?? ""
    headers.add(request.headers.authorization)
    paths.add(path)
    if (path.endsWith("/alerts")) now.asked++
    const said = path.endsWith("/status") ? { uptime: now.uptime } : path.endsWith("/alerts") ? now.alerts : []
    response.writeHead(now.status, { "content-type": "application/json" }).end(now.body ?? JSON.stringify(said))
  })
  return { now, url, headers, paths }
})

const poll = (url: string) => ({ url, every_seconds: 0.02, settle_seconds: 0 })

describe("an Alertmanager that is asked", () => {
  it.live("is found to have resolved an alert while the agent was down", () =>
    Effect.gen(function* () {
      const { now, url } = yield* standIn()
      const memory = yield* makeSourceMemoryInRam
      const sink = yield* makeMemorySink()
      now.alerts = [alert("f1"), alert("f2")]
      const start = Effect.flatMap(makeAlertmanagerSource({ ...base, poll: poll(url) }, memory), (source) =>
        Effect.forkScoped(source.run(sink))
      )
      const first = yield* start
      yield* sink.reached(2)
      yield* Fiber.interrupt(first)
      now.alerts = [alert("f1")]
      yield* start
      yield* sink.reached(3)
      expect(told(sink)).toEqual(["firing", "firing", "resolved"])
      expect(sink.taken[2]?.subject).toBe(sink.taken[1]?.subject)
      // The one that goes on was known.
      expect(sink.repeats()).toBe(0)
    })
  )

  it.live("without a memory sees again what it saw, under the same ids", () =>
    Effect.gen(function* () {
      const { now, url } = yield* standIn()
      const sink = yield* makeMemorySink()
      now.alerts = [alert("f1", { status: { state: "suppressed", silencedBy: ["s1"], inhibitedBy: [] } })]
      for (let runs = 0; runs < 2; runs++) {
        const source = yield* makeAlertmanagerSource({ ...base, poll: poll(url) }, yield* makeSourceMemoryInRam)
        yield* Fiber.interrupt(yield* watch(source, sink))
      }
      expect(told(sink)).toEqual(["suppressed"])
      expect(sink.repeats()).toBe(1)
    })
  )

  it.live.each([
    ["unauthorized", { status: 401 }],
    ["refused", { status: 404 }],
    ["busy", { status: 503 }],
    ["not_understood", { body: "<html>" }],
    ["not_understood", { body: '{"uptime":1}' }]
  ] as const)("is %s, and no alert is over for that", ([code, trouble]) =>
    Effect.gen(function* () {
      const { now, url } = yield* standIn()
      const sink = yield* makeMemorySink()
      now.alerts = [alert("f1")]
      const source = yield* makeAlertmanagerSource({ ...base, poll: poll(url) }, yield* makeSourceMemoryInRam)
      yield* watch(source, sink)
      yield* sink.reached(1)
      Object.assign(now, trouble)
      yield* untilState(source, { phase: "degraded", code })
      Object.assign(now, { status: 200, body: null })
      yield* untilState(source, { phase: "watching", code: null })
      expect(told(sink)).toEqual(["firing"])
    })
  )

  it.live("does not believe a list that was made while it was started anew", () =>
    Effect.gen(function* () {
      const sink = yield* makeMemorySink()
      let starts = 0
      const restarting = yield* serverWith((request, response) => {
        // Another start at every question.
        const said = request.url?.endsWith("/status") ? { uptime: String(starts++) } : []
        response.end(JSON.stringify(said))
      })
      const source = yield* makeAlertmanagerSource({ ...base, poll: poll(restarting) }, yield* makeSourceMemoryInRam)
      yield* Effect.forkScoped(source.run(sink))
      yield* untilState(source, { phase: "degraded", code: "busy" })
    })
  )

  it.live("is asked below its own path, with the credential", () =>
    Effect.gen(function* () {
      const { headers, now, paths, url } = yield* standIn()
      const sink = yield* makeMemorySink()
      now.alerts = [alert("f1")]
      const options = { ...base, poll: { ...poll(`${url}/monitoring/`), credential } }
      yield* watch(yield* makeAlertmanagerSource(options, yield* makeSourceMemoryInRam), sink)
      expect(headers).toEqual(new Set(["Bearer hush"]))
      expect(paths).toEqual(new Set(["/monitoring/api/v2/status", "/monitoring/api/v2/alerts"]))
    })
  )

  it.live("is trusted by the given authority and by no other", () =>
    Effect.gen(function* () {
      const folder = yield* temporaryFolder
      const [key, cert] = [join(folder, "key.pem"), join(folder, "cert.pem")]
      const subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"]
      execFileSync(
        "openssl",
        [...["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", cert, "-days", "2"], ...subject],
        { stdio: "ignore" }
      )
      const server = createServer({ key: readFileSync(key), cert: readFileSync(cert) }, (request, response) =>
        response.end(JSON.stringify(request.url?.endsWith("/status") ? { uptime: "a" } : [alert("f1")]))
      )
      yield* Effect.acquireRelease(
        Effect.callback<void>((resume) => {
          server.listen(0, "localhost", () => resume(Effect.void))
        }),
        () => Effect.sync(() => server.close())
      )
      const url = `https://localhost:${(server.address() as AddressInfo).port}`
      const memory = yield* makeSourceMemoryInRam
      const sink = yield* makeMemorySink()
      const distrusted = yield* makeAlertmanagerSource({ ...base, poll: poll(url) }, memory)
      yield* Effect.forkScoped(distrusted.run(sink))
      yield* untilState(distrusted, { phase: "degraded", code: "tls" })
      expect(sink.taken).toEqual([])
      const options = { ...base, poll: { ...poll(url), ca_file: cert } }
      yield* watch(yield* makeAlertmanagerSource(options, memory), sink)
      yield* sink.reached(1)
      const failed = yield* Effect.flip(
        makeAlertmanagerSource({ ...base, poll: { ...poll(url), ca_file: key } }, memory)
      )
      expect(failed.reason).toContain("ca_file")
    })
  )
})

describe("an Alertmanager that tells", () => {
  const message = (status: string, ...changes: ReadonlyArray<object>) =>
    JSON.stringify({
      version: "4",
      status,
      alerts: changes.map((change) => ({ ...alert("f1"), annotations: {}, status, ...change }))
    })

  const listening = Effect.fnUntraced(function* (sink: MemorySink, how: object = {}) {
    const options = { ...base, webhook: { credential }, ...how }
    const source = yield* makeAlertmanagerSource(options, yield* makeSourceMemoryInRam)
    const services = yield* Layer.build(layerReceiverServer([source], { port: 0 }))
    const { address } = Context.get(services, HttpServer.HttpServer)
    yield* watch(source, sink)
    const port = "port" in address ? address.port : 0
    return (body: string, headers: Record<string, string> = {}) =>
      Effect.promise(async () => {
        const response = await fetch(`http://127.0.0.1:${port}/hooks/alerts`, {
          method: "POST",
          body,
          headers: { "content-type": "application/json", authorization: "Bearer hush", ...headers }
        })
        const said = (await response.json()) as { readonly code?: string; readonly status: unknown }
        return [response.status, said.code ?? said.status]
      })
  })

  it.live("is believed once, however often it tells, in nanoseconds or not", () =>
    Effect.gen(function* () {
      const sink = yield* makeMemorySink()
      const send = yield* listening(sink)
      expect(yield* send(message("firing", {}))).toEqual([202, "taken"])
      expect(yield* send(message("firing", { startsAt: "2026-02-03T10:00:00.123456789Z" }))).toEqual([202, "taken"])
      expect(yield* send(message("resolved", {}))).toEqual([202, "taken"])
      expect(yield* send(message("resolved", {}))).toEqual([202, "taken"])
      expect(told(sink)).toEqual(["firing", "resolved"])
      expect(dataOf(sink.taken[1])).toMatchObject({
        starts_at: "2026-02-03T10:00:00.123Z",
        ends_at: "2026-02-03T10:30:00.456Z"
      })
    })
  )

  it.live("is no news where it tells late that an alert fires that somebody has silenced", () =>
    Effect.gen(function* () {
      const { now, url } = yield* standIn()
      const sink = yield* makeMemorySink()
      now.alerts = [alert("f1", { status: { state: "suppressed", silencedBy: ["s1"], inhibitedBy: [] } })]
      const send = yield* listening(sink, { poll: poll(url) })
      yield* sink.reached(1)
      expect(yield* send(message("firing", {}))).toEqual([202, "taken"])
      expect(yield* send(message("resolved", {}))).toEqual([202, "taken"])
      expect(told(sink)).toEqual(["suppressed", "resolved"])
    })
  )

  it.live("has to sign in, and to say it in its own way", () =>
    Effect.gen(function* () {
      const sink = yield* makeMemorySink()
      const send = yield* listening(sink)
      const good = message("firing", {})
      for (const authorization of ["", "Bearer guess", `Basic ${Buffer.from("a:hush").toString("base64")}`]) {
        expect(yield* send(good, { authorization })).toEqual([401, "bad_credential"])
      }
      expect(yield* send(good.replace('"4"', '"3"'))).toEqual([400, "bad_body"])
      expect(yield* send("{")).toEqual([400, "bad_body"])
      expect(yield* send(good, { "content-type": "text/plain" })).toEqual([415, "unsupported_media_type"])
      expect(sink.taken).toEqual([])
    })
  )

  it.live("is asked to come again while there is no room for all that it tells", () =>
    Effect.gen(function* () {
      const sink = yield* makeMemorySink(1)
      const send = yield* listening(sink)
      const two = message("firing", {}, { fingerprint: "f2" })
      expect(yield* send(two)).toEqual([503, "observations_full"])
      yield* sink.resize(2)
      expect(yield* send(two)).toEqual([202, "taken"])
      expect(told(sink)).toEqual(["firing", "firing"])
    })
  )

  it.effect("is needed, or asked: a source of neither sees nothing", () =>
    Effect.gen(function* () {
      const failed = yield* Effect.flip(makeAlertmanagerSource(base, yield* makeSourceMemoryInRam))
      expect(failed.reason).toContain("a poll, a webhook, or both")
    })
  )
})
