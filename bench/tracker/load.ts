/**
 * The agents' side, as one process: each agent sends its signed proofs in turn and waits for every answer.
 * `load.ts stream|unary|rest|bare URL FILE [BATCH]` prints one JSON line: `{seconds, proofs, requests_ms}`.
 */
import { readFileSync } from "node:fs"
import { Agent, request } from "node:http"
import { createClient } from "@connectrpc/connect"
import { createGrpcTransport, Http2SessionManager } from "@connectrpc/connect-node"
import { ProofService } from "@farmops/core/gen/farmops/proof/v1/proof_pb"

interface Signed {
  readonly public_key: string
  readonly proofs: ReadonlyArray<string>
}

/** Sends one agent's proofs; `took` is called with the milliseconds of each request. */
type Send = (agent: Signed, took: (ms: number) => void) => Promise<void>

const utf8 = new TextEncoder()

const fail = (what: string): never => {
  throw new Error(`the tracker refused a proof: ${what}`)
}

// One connection for the fleet would be one queue: agents are processes of their own.
const clientOf = (url: string) =>
  createClient(
    ProofService,
    createGrpcTransport({ baseUrl: url, sessionManager: new Http2SessionManager(url), readMaxBytes: 4 * 1024 * 1024 })
  )

const stream =
  (url: string, batch: number): Send =>
  async ({ proofs }, took) => {
    const client = clientOf(url)
    for (let from = 0; from < proofs.length; from += batch) {
      const part = proofs.slice(from, from + batch)
      async function* requests() {
        for (const line of part) yield { proof: utf8.encode(line) }
      }
      const began = performance.now()
      const { results } = await client.submitBatch(requests())
      took(performance.now() - began)
      if (results.length !== part.length) fail("too few answers")
      for (const { already, code } of results) if (code !== "" || already) fail(code)
    }
  }

const unary =
  (url: string): Send =>
  async ({ proofs }, took) => {
    const client = clientOf(url)
    for (const line of proofs) {
      const began = performance.now()
      const { result } = await client.submit({ proof: utf8.encode(line) })
      took(performance.now() - began)
      if (result === undefined || result.code !== "") fail(result?.code ?? "no answer")
    }
  }

const post = (url: URL, agent: Agent, headers: Readonly<Record<string, string>>, body: string): Promise<number> =>
  new Promise((answered, failed) => {
    const sent = request(
      url,
      {
        method: "POST",
        agent,
        headers: { "content-type": "application/json", "content-length": Buffer.byteLength(body), ...headers }
      },
      (response) => {
        response.resume()
        response.on("end", () => answered(response.statusCode ?? 0))
        response.on("error", failed)
      }
    )
    sent.on("error", failed)
    sent.end(body)
  })

const rest = (url: string): Send => {
  const target = new URL("/api/v1/proofs", url)
  return async ({ proofs, public_key }, took) => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    for (const line of proofs) {
      const began = performance.now()
      const status = await post(target, agent, { "x-public-key": public_key }, line)
      took(performance.now() - began)
      if (status !== 200 && status !== 201) fail(String(status))
    }
    agent.destroy()
  }
}

const [kind, url = "", file = "", batch = "256"] = process.argv.slice(2)
const agents = readFileSync(file, "utf8")
  .split("\n")
  .map((line): Signed => JSON.parse(line))
const send = kind === "stream" ? stream(url, Number(batch)) : kind === "unary" ? unary(url) : rest(url)
const times: Array<number> = []
const began = performance.now()
await Promise.all(agents.map((agent) => send(agent, (ms) => times.push(ms))))
const seconds = (performance.now() - began) / 1000
const sorted = times.sort((a, b) => a - b)
const quantile = (share: number): number => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0
console.log(
  JSON.stringify({
    seconds,
    proofs: agents.reduce((sum, { proofs }) => sum + proofs.length, 0),
    p50_ms: quantile(0.5),
    p99_ms: quantile(0.99)
  })
)
process.exit(0)
