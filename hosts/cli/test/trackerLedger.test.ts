import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { NodeServices } from "@effect/platform-node"
import { Checkpointer } from "@farmops/core/farm/checkpoint/Checkpointer"
import { ProofIntake } from "@farmops/core/farm/ProofIntake"
import { TrackerKey } from "@farmops/core/farm/TrackerKey"
import { AgentKey } from "@farmops/proof/AgentKey"
import { RunningTracker, type TrackerConfig, trackerLayer } from "@farmops/tracker/layer"
import { Context, Effect, Layer, Result } from "effect"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { runFarmops } from "./runFarmops.ts"
import { enrolled, layerWorkingAgent, signWork } from "./workingAgent.ts"

const folder = mkdtempSync(join(tmpdir(), "farmops-ledger-"))
const db = join(folder, "tracker.db")
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const config: TrackerConfig = {
  dbUrl: db,
  port: 0,
  grpcPort: null,
  host: "127.0.0.1",
  dataDir: folder,
  timeZone: "UTC",
  farmName: "Test farm",
  sample: false
}

/** A tracker of thirty proofs, a checkpoint after the first twenty and one at its stop; `during` runs while it serves. */
const serve = <A>(during: (url: string, proofId: string) => Promise<A>) =>
  Effect.gen(function* () {
    const services = yield* Layer.build(trackerLayer(config).pipe(Layer.provideMerge(NodeServices.layer)))
    return yield* Effect.gen(function* () {
      yield* enrolled
      const { publicKey: agentKey } = yield* AgentKey
      const intake = yield* ProofIntake
      let proofId = ""
      for (let at = 0; at < 30; at++) {
        const receipt = yield* signWork(at)
        const [answer] = yield* intake.acceptBatch([receipt.line])
        if (answer === undefined || Result.isFailure(answer)) return yield* Effect.die(new Error("refused"))
        proofId = answer.success.proof_id
        if (at === 19) yield* (yield* Checkpointer).checkpoint
      }
      const { publicKey } = yield* TrackerKey
      const { url } = Context.get(services, RunningTracker)
      const made = yield* Effect.promise(() => during(url, proofId))
      return { agentKey, trackerKey: publicKey, made }
    }).pipe(Effect.provide(layerWorkingAgent), Effect.provideContext(services))
  }).pipe(Effect.scoped, Effect.runPromise)

const run = (...args: ReadonlyArray<string>) => runFarmops(args, folder)

/** Changes the database behind the tracker's back. */
const change = (statement: string) => {
  const file = new DatabaseSync(db)
  file.exec(statement)
  file.close()
}

describe("the ledger's commands", () => {
  let keys = { agentKey: "", trackerKey: "" }

  beforeAll(async () => {
    keys = await serve(async (url, proofId) => {
      const bundled = await run("proof", "bundle", proofId, "--out", "one.tlog-proof", "--tracker-url", url)
      expect(bundled).toMatchObject({ code: 0, stdout: "the proof was written to one.tlog-proof\n" })
      const piped = await run("proof", "bundle", proofId, "--tracker-url", url)
      expect(piped.stdout).toBe(readFileSync(join(folder, "one.tlog-proof"), "utf8"))
      const unknown = await run("proof", "bundle", "00000000-0000-7000-8000-000000000000", "--tracker-url", url)
      expect(unknown).toMatchObject({ code: 65, stdout: "" })
      expect((await run("proof", "bundle", "x", "--tracker-url", url)).code).toBe(64)
    })
  }, 60_000)

  it("exports a proof that verifies offline with the tracker's key", async () => {
    const { agentKey, trackerKey } = keys
    const good = await run("proof", "verify", "one.tlog-proof", "--tracker-key", trackerKey, "--key", agentKey)
    expect(good).toMatchObject({ code: 0 })
    const other = await run("proof", "verify", "one.tlog-proof", "--tracker-key", agentKey)
    expect(other).toMatchObject({ code: 65 })
  })

  it("audits a stopped ledger and says what the level proves", async () => {
    const full = await run("tracker", "audit", "--db", db)
    expect(full.stderr).toBe("")
    expect(full.code).toBe(0)
    expect(full.stdout).toContain("ok: 30 proofs of 1 agent, 2 events; 32 lines signed by")
    expect(full.stdout).toContain("is signed by the key in force")
    const links = await run("tracker", "audit", "--db", db, "--level", "links", "--json")
    expect(JSON.parse(links.stdout)).toMatchObject({ ok: true, level: "links", proofs: 30, differences: 0 })
    expect((await run("tracker", "audit", "--db", join(folder, "none.db"))).code).toBe(69)
    const stranger = await run("tracker", "audit", "--db", db, "--tracker-key", keys.agentKey)
    expect(stranger.code).toBe(65)
  })

  it("names what differs and ends with 65", async () => {
    change("UPDATE tracker_proof SET coins = coins + 1 WHERE position = 7")
    const found = await run("tracker", "audit", "--db", db)
    expect(found).toMatchObject({
      code: 65,
      stdout: "column: position 7: its column coins is not what a replay gives\n"
    })
    expect(found.stderr).toContain("1 difference.")
    change("UPDATE tracker_proof SET coins = coins - 1 WHERE position = 7")
    expect((await run("tracker", "audit", "--db", db)).code).toBe(0)
  })

  it("moves the beginning of the ledger into a file that verifies alone, and brings it back", async () => {
    const archived = await run("tracker", "archive", "--keep", "5", "--out", "old.archive", "--db", db)
    expect(archived.stdout).toContain("lines 0 to 21 are in old.archive")
    expect(archived.code).toBe(0)
    const verified = await run("proof", "verify", "old.archive", "--tracker-key", keys.trackerKey)
    expect(verified).toMatchObject({ code: 0 })
    const audited = await run("tracker", "audit", "--db", db, "--json")
    expect(JSON.parse(audited.stdout)).toMatchObject({ ok: true, archived: 20, proofs: 30 })
    expect((await run("tracker", "replay", "--db", db)).code).toBe(0)
    const again = await run("tracker", "archive", "--before", "25", "--out", "more.archive", "--db", db)
    expect(again).toMatchObject({ code: 64, stdout: "" })
    expect(await run("tracker", "restore", "old.archive", "--db", db)).toMatchObject({
      code: 0,
      stdout: "lines 0 to 21 are back in the ledger\n"
    })
    expect(JSON.parse((await run("tracker", "audit", "--db", db, "--json")).stdout)).toMatchObject({
      ok: true,
      archived: 0
    })
  })

  it("asks for one wish, and for a file that is not there yet", async () => {
    const archive = (...args: ReadonlyArray<string>) => run("tracker", "archive", "--db", db, ...args)
    expect((await archive("--out", "x.archive")).code).toBe(64)
    expect((await archive("--out", "x.archive", "--keep", "1", "--before", "9")).code).toBe(64)
    expect((await archive("--out", "x.archive", "--before", "yesterday")).code).toBe(64)
    expect((await archive("--out", "old.archive", "--keep", "0")).code).toBe(74)
  })
})
