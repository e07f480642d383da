/** SIGTERM in the middle of work: every yes is kept, every stream ends with a word, and the status is 0. */
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Code, ConnectError, createClient } from "@connectrpc/connect"
import { createGrpcTransport } from "@connectrpc/connect-node"
import { ProofService } from "@farmops/core/gen/farmops/proof/v1/proof_pb"
import { afterAll, describe, expect, it } from "vitest"
import { expectAcknowledged } from "./ledgerTruth.ts"
import { approvedLoadAgent, keepDoing, makeLoadOwner, type Serving } from "./trackerLoad.ts"
import { TrackerProcess } from "./trackerProcess.ts"

const folder = mkdtempSync(join(tmpdir(), "farmops-drain-"))
const place = { db: join(folder, "tracker.db"), data: folder }
let tracker: TrackerProcess | null = null
afterAll(async () => {
  await tracker?.kill("SIGKILL")
  rmSync(folder, { recursive: true, force: true })
})

// What `runHost` gives a stop at most; a stop that takes longer ends with another status.
const drainMsMax = 15_000

/** Watches the farm live; gives what came, and whether the stream ended by itself or was torn. */
const watch = async ({ token, url }: Serving) => {
  const response = await fetch(`${url}/api/v1/events`, { headers: { authorization: `Bearer ${token}` } })
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader()
  const read = async () => {
    let text = ""
    for (;;) {
      const piece = await reader?.read()
      if (piece === undefined || piece.done) return text
      text += piece.value
    }
  }
  return { status: response.status, all: read() }
}

describe("a tracker that is told to stop while it works", () => {
  it("keeps every yes, ends every stream and says 0", async () => {
    const running = new TrackerProcess(place)
    tracker = running
    const at = await running.serving()
    const agents = [await approvedLoadAgent(at), await approvedLoadAgent(at), await approvedLoadAgent(at)]
    const owner = makeLoadOwner("drain")
    const seen = await watch(at)
    expect(seen.status).toBe(200)

    // A stream of proofs that its sender never ends.
    let release = () => {}
    const open = new Promise<void>((done) => {
      release = done
    })
    async function* endless() {
      yield { proof: new TextEncoder().encode("{}") }
      await open
    }
    const client = createClient(ProofService, createGrpcTransport({ baseUrl: at.grpc }))
    const stream = client.submitBatch(endless()).catch(ConnectError.from)

    let over = false
    const isOver = () => over
    const load = [
      ...agents.map((agent) => keepDoing(() => agent.send(at), isOver)),
      keepDoing(() => owner.act(at), isOver)
    ]
    const busy = new Promise<void>((done) => {
      const look = () => (agents.every(({ acknowledged }) => acknowledged.length >= 25) ? done() : setTimeout(look, 10))
      look()
    })
    await busy
    const began = performance.now()
    const ended = await running.kill("SIGTERM")
    const stopMs = performance.now() - began
    over = true
    release()
    const done = await Promise.all(load)
    expect(ended, ended.errors).toMatchObject({ code: 0, signal: null })
    expect(stopMs).toBeLessThan(drainMsMax)
    expect(Math.min(...done)).toBeGreaterThan(0)

    const cut = await stream
    expect(cut).toBeInstanceOf(ConnectError)
    expect((cut as ConnectError).code).toBe(Code.Unavailable)
    // Its last event is whole: the view was ended, not torn.
    expect((await seen.all).endsWith("\n\n")).toBe(true)
    await expectAcknowledged(place, agents, [owner])
  })
})
