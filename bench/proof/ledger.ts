/** What a durable accept costs in a tracker's ledger that holds few proofs, and in one that holds a million. */
import { rmSync } from "node:fs"
import { mkdtemp } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import * as NodeServices from "@effect/platform-node/NodeServices"
import { ProofIntake } from "@farmops/core/farm/ProofIntake"
import { TrustStore } from "@farmops/core/farm/TrustStore"
import type { Sodium } from "@farmops/proof/SodiumBackend"
import { signStatement } from "@farmops/proof/signedStatement"
import { ledgerLayer } from "@farmops/tracker/layer"
import { Effect, Layer } from "effect"
import { median } from "../report.ts"
import { makeKey } from "./records.ts"
import { makeWriter } from "./writer.ts"

const slices = 5
const acceptsInSlice = 40

const ledgerAt = (directory: string) =>
  ledgerLayer({
    dbUrl: `sqlite://${join(directory, "ledger.db")}`,
    dataDir: directory,
    port: 0,
    grpcPort: null,
    host: "127.0.0.1",
    timeZone: "UTC",
    farmName: "Bench",
    sample: false
  }).pipe(Layer.provide(NodeServices.layer))

/** An approved agent, and the next line of its chain. */
const enrolled = Effect.fnUntraced(function* (sodium: Sodium) {
  const key = makeKey(sodium)
  const trust = yield* TrustStore
  const writer = makeWriter(key)
  const body = {
    agent_id: writer.agentId,
    public_key: key.publicKeyHex,
    recovery_public_key: null,
    cluster_alias: "bench",
    requested_at: `${new Date().toISOString().slice(0, 19)}Z`
  }
  yield* trust.enroll({ ...body, possession: signStatement(key, "farmops/enrolment/v1", body) })
  yield* trust.approve(writer.agentId)
  return writer
})

const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`

/**
 * Makes `count` rows of the one that the ledger has: other places, ids and hashes, the same line. Nobody could prove these,
 * but an accept meets the same tables and indexes as after years.
 */
export const multiplyProofs = (file: string, count: number): void => {
  const db = new DatabaseSync(file)
  try {
    for (const pragma of ["synchronous = OFF", "journal_mode = WAL", "cache_size = -1000000", "temp_store = MEMORY"]) {
      db.exec(`PRAGMA ${pragma}`)
    }
    const columns = db
      .prepare("SELECT name FROM pragma_table_info('tracker_proof')")
      .all()
      .map(({ name }) => String(name))
    const changed: Readonly<Record<string, string>> = {
      position: "position + added",
      sequence: "sequence + added",
      // Ids sort by time, as version 7 of a UUID does; hashes do not.
      proof_id: "printf('01953f2a-%04x-7000-8000-%012x', added >> 16, added)",
      hash: "lower(hex(randomblob(32)))"
    }
    const values = columns.map((name) => changed[name] ?? quoted(name))
    db.exec(`WITH RECURSIVE copies (added) AS (SELECT 1 UNION ALL SELECT added + 1 FROM copies WHERE added < ${count - 1})
      INSERT INTO tracker_proof (${columns.map(quoted).join(", ")})
      SELECT ${values.join(", ")} FROM copies CROSS JOIN (SELECT * FROM tracker_proof LIMIT 1)`)
    db.exec("UPDATE tracker_farm SET length = (SELECT COUNT(*) FROM tracker_proof)")
    db.exec("UPDATE tracker_farm SET entries = 1 + (SELECT MAX(position) FROM tracker_proof)")
    db.exec(`UPDATE tracker_agent SET (head_sequence, head_proof_id, head_hash) =
      (SELECT sequence, proof_id, hash FROM tracker_proof ORDER BY position DESC LIMIT 1)
      WHERE agent_id = (SELECT agent_id FROM tracker_proof LIMIT 1)`)
    const [made] = db.prepare("SELECT length FROM tracker_farm").all()
    if (made?.length !== count) throw new Error(`${made?.length} rows were made, not ${count}`)
    db.exec("PRAGMA wal_checkpoint(TRUNCATE)")
  } finally {
    db.close()
  }
}

const prepare = Effect.fnUntraced(function* (directory: string, count: number, sodium: Sodium) {
  const first = Effect.gen(function* () {
    const writer = yield* enrolled(sodium)
    yield* (yield* ProofIntake).accept(writer.next())
  })
  yield* Effect.scoped(Effect.provide(first, ledgerAt(directory)))
  multiplyProofs(join(directory, "ledger.db"), count)
})

const timed = Effect.fnUntraced(function* (writer: ReturnType<typeof makeWriter>) {
  const intake = yield* ProofIntake
  const lines = Array.from({ length: acceptsInSlice }, () => writer.next())
  const began = performance.now()
  for (const line of lines) yield* intake.accept(line)
  return performance.now() - began
})

/** Milliseconds of one accept with each number of stored proofs, the medians of rounds taken in turn, and how they compare. */
export const acceptCosts = async (sodium: Sodium, stored: readonly [number, number], rounds: number) => {
  const root = await mkdtemp(join(tmpdir(), "farmops-ledger-"))
  const measure = Effect.gen(function* () {
    const ledgers = yield* Effect.forEach(stored, (count) =>
      Effect.gen(function* () {
        const directory = join(root, String(count))
        yield* prepare(directory, count, sodium)
        const services = yield* Layer.build(ledgerAt(directory))
        const writer = yield* Effect.provide(enrolled(sodium), services)
        const slice = Effect.provide(timed(writer), services)
        yield* slice
        return { slice, totals: new Array<number>(rounds).fill(0) }
      })
    )
    for (let round = 0; round < rounds; round++) {
      for (let slice = 0; slice < slices; slice++) {
        for (const { slice, totals } of ledgers) totals[round] = (totals[round] ?? 0) + (yield* slice)
      }
    }
    return ledgers.map(({ totals }) => totals)
  })
  try {
    const [few = [], many = []] = await Effect.runPromise(Effect.scoped(measure))
    const accepts = slices * acceptsInSlice
    return {
      fewMs: median(few) / accepts,
      manyMs: median(many) / accepts,
      ratio: median(many.map((ms, round) => ms / (few[round] ?? Number.NaN))),
      accepts
    }
  } finally {
    rmSync(root, { recursive: true, force: true })
  }
}
