/** Mixed load on real trackers: agents that send over REST and gRPC, an owner who buys and gives back. Remembers every yes. */
import { createClient } from "@connectrpc/connect"
import { createGrpcTransport } from "@connectrpc/connect-node"
import { ProofService } from "@farmops/core/gen/farmops/proof/v1/proof_pb"
import * as Ed25519Node from "@farmops/proof/Ed25519Node"
import { Effect } from "effect"
import { makeTestAgent } from "../../packages/core/test/proofFixture.ts"

/** Where a tracker answers. */
export interface Serving {
  readonly url: string
  readonly grpc: string
  readonly token: string
}

const bytes = (text: string) => new TextEncoder().encode(text)

/** One request; a connection that breaks is no answer. */
export const request = async (
  { token, url }: Pick<Serving, "token" | "url">,
  path: string,
  body?: string,
  headers: Readonly<Record<string, string>> = {}
) => {
  const response = await fetch(`${url}${path}`, {
    method: body === undefined ? "GET" : "POST",
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json", ...headers },
    ...(body === undefined ? {} : { body })
  })
  // biome-ignore lint/suspicious/noExplicitAny: a test reads what the wire gives
  return { status: response.status, json: (await response.json()) as any }
}

/** An agent whose next line is sent until some tracker has said yes to it. */
export interface LoadAgent {
  readonly agentId: string
  /** Every line that was answered with a yes, in the order of the chain. */
  readonly acknowledged: Array<string>
  /** Sends the next line, or the one that has no answer yet, over gRPC or REST in turn. True for a yes. */
  readonly send: (to: Serving) => Promise<boolean>
  /** Sends one line to all of them at once; how many said that it is new to them. */
  readonly sendToAll: (to: ReadonlyArray<Serving>) => Promise<number>
}

const makeClient = (baseUrl: string) =>
  createClient(ProofService, createGrpcTransport({ baseUrl, idleConnectionTimeoutMs: 1000 }))
const clients = new Map<string, ReturnType<typeof makeClient>>()

const clientAt = (baseUrl: string) => {
  const client = clients.get(baseUrl) ?? makeClient(baseUrl)
  clients.set(baseUrl, client)
  return client
}

const overGrpc = async (line: string, { grpc }: Serving): Promise<boolean> => {
  const client = clientAt(grpc)
  const { result } = await client.submit({ proof: bytes(line) }, { timeoutMs: 30_000 })
  return result?.code === ""
}

const overRest = async (line: string, to: Serving): Promise<boolean> => {
  const { status } = await request(to, "/api/v1/proofs", line)
  return status === 200 || status === 201
}

/** An agent that the owner at this tracker approved. */
export const approvedLoadAgent = async (at: Serving): Promise<LoadAgent> => {
  const agent = await Effect.runPromise(Effect.provide(makeTestAgent, Ed25519Node.layer))
  const enrolment = await Effect.runPromise(agent.enrolment)
  await request(at, "/api/v1/agents/enroll", JSON.stringify(enrolment))
  const { status } = await request(at, `/api/v1/agents/${agent.agentId}/approve`, "")
  if (status !== 200) throw new Error(`approve: ${status}`)
  const acknowledged: Array<string> = []
  let pending: string | null = null
  let turn = 0
  return {
    agentId: agent.agentId,
    acknowledged,
    send: async (to) => {
      pending ??= Effect.runSync(agent.next())
      const line = pending
      const ok = await (turn++ % 2 === 0 ? overRest(line, to) : overGrpc(line, to))
      if (!ok) return false
      acknowledged.push(line)
      pending = null
      return true
    },
    sendToAll: async (to) => {
      const line = pending ?? Effect.runSync(agent.next())
      pending = line
      const answers = await Promise.all(to.map(async (one) => (await request(one, "/api/v1/proofs", line)).status))
      if (answers.some((status) => status !== 200 && status !== 201)) throw new Error(`refused: ${answers}`)
      acknowledged.push(line)
      pending = null
      return answers.filter((status) => status === 201).length
    }
  }
}

// A farm has room for twenty fences: all but a few go back.
const keptOfBought = 40

/** An owner who buys fences and gives nearly all of them back; each wish is sent until it is answered. */
export interface LoadOwner {
  /** The id of every purchase that was answered with a yes. */
  readonly bought: Array<string>
  readonly refunded: Array<string>
  readonly act: (to: Serving) => Promise<boolean>
}

/** See {@link LoadOwner}. `name` keeps the keys of several owners apart. */
export const makeLoadOwner = (name: string): LoadOwner => {
  const bought: Array<string> = []
  const refunded: Array<string> = []
  let wish = 0
  let toRefund: string | null = null
  return {
    bought,
    refunded,
    act: async (to) => {
      const refund = toRefund
      const [path, body] = refund === null ? ["purchase", { item: "fence" }] : ["refund", { purchase_id: refund }]
      const { json, status } = await request(to, `/api/v1/shop/${path}`, JSON.stringify(body), {
        "idempotency-key": `${name}-${wish}`
      })
      if (status >= 500) return false
      wish++
      toRefund = null
      if (status !== 200) return false
      if (refund === null) {
        bought.push(json.purchase_id)
        if (bought.length % keptOfBought !== 0) toRefund = json.purchase_id
      } else refunded.push(refund)
      return true
    }
  }
}

/** Does it again and again until told to stop; a break of the connection is met by the next try. Gives how often it was told yes. */
export const keepDoing = async (act: () => Promise<boolean>, isOver: () => boolean): Promise<number> => {
  let done = 0
  while (!isOver()) {
    try {
      if (await act()) done++
    } catch {
      // The tracker is away. Its end or its successor is what the test waits for.
      await new Promise((resolve) => setImmediate(resolve))
    }
  }
  return done
}
