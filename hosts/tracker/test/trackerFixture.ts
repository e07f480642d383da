/** A tracker on a real SQLite file that answers real HTTP, and a client that shows status, body and problem code. */
import { mkdtempSync, realpathSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { NodeServices } from "@effect/platform-node"
import { Context, Effect, Layer, Redacted } from "effect"
import { RunningTracker, type TrackerConfig, trackerLayer } from "../src/layer.ts"
import { makeAgent } from "./testAgent.ts"

/** Gone when the test's scope closes. */
export const temporaryFolder = Effect.acquireRelease(
  Effect.sync(() => realpathSync(mkdtempSync(join(tmpdir(), "farmops-tracker-")))),
  (path) => Effect.sync(() => rmSync(path, { recursive: true, force: true }))
)

export const configIn = (folder: string, more: Partial<TrackerConfig> = {}): TrackerConfig => ({
  dbUrl: `sqlite://${folder}/tracker.db`,
  port: 0,
  grpcPort: null,
  host: "127.0.0.1",
  dataDir: folder,
  timeZone: "UTC",
  farmName: "Test farm",
  sample: false,
  ...more
})

export interface Answer {
  readonly status: number
  readonly type: string
  readonly text: string
  // biome-ignore lint/suspicious/noExplicitAny: a test reads what the wire gives
  readonly json: any
}

export interface Asked {
  readonly method?: string
  readonly body?: string | Uint8Array<ArrayBuffer>
  readonly token?: string
  readonly headers?: Record<string, string>
}

const parse = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** Starts a tracker in the scope at hand. */
export const startTracker = Effect.fnUntraced(function* (config: TrackerConfig) {
  const services = yield* Layer.build(trackerLayer(config).pipe(Layer.provideMerge(NodeServices.layer)))
  const { grpcPort, ownerToken, url } = Context.get(services, RunningTracker)
  const token = ownerToken === null ? "" : Redacted.value(ownerToken)
  const ask = (path: string, asked: Asked = {}) =>
    Effect.promise(async (signal): Promise<Answer> => {
      const response = await fetch(`${url}${path}`, {
        method: asked.method ?? (asked.body === undefined ? "GET" : "POST"),
        headers: {
          ...(asked.body === undefined ? {} : { "content-type": "application/json" }),
          ...(asked.token === undefined ? {} : { authorization: `Bearer ${asked.token}` }),
          ...asked.headers
        },
        signal,
        ...(asked.body === undefined ? {} : { body: asked.body })
      })
      const text = await response.text()
      return { status: response.status, type: response.headers.get("content-type") ?? "", text, json: parse(text) }
    })
  const asOwner = (path: string, asked: Asked = {}) => ask(path, { method: "POST", ...asked, token })
  const submit = (line: string) => ask("/api/v1/proofs", { body: line })
  return { url, token, grpcPort, services, ask, asOwner, submit }
})

export type StartedTracker = Effect.Success<ReturnType<typeof startTracker>>

/** An agent that this tracker's owner approved. */
export const approvedAgent = Effect.fnUntraced(function* (tracker: StartedTracker) {
  const agent = yield* makeAgent
  yield* tracker.ask("/api/v1/agents/enroll", { body: JSON.stringify(yield* agent.enrolment) })
  yield* tracker.asOwner(`/api/v1/agents/${agent.agentId}/approve`)
  return agent
})
