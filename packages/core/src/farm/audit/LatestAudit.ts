/**
 * The audits of a running tracker: at most one at a time, on a connection of its own, so that intake goes on. What the last
 * one found is kept until the tracker stops.
 */
import { AuditPool } from "@farmops/proof/AuditPool"
import type { AuditLevel } from "@farmops/proof/auditVerdict"
import type { Ed25519 } from "@farmops/proof/Ed25519"
import { Cause, Context, Effect, Layer } from "effect"
import type { SqlClient } from "effect/sql"
import * as Database from "../../sql/Database.ts"
import type { LedgerSettings } from "../LedgerSettings.ts"
import { TrackerKey } from "../TrackerKey.ts"
import { wireNow } from "../wireTime.ts"
import type { AuditReport } from "./AuditReport.ts"
import { LedgerAudit } from "./LedgerAudit.ts"

/** An audit that is under way. */
export interface AuditRun {
  readonly level: AuditLevel
  readonly started_at: string
}

/** One that ended. Without a report it could not read the ledger to its end; the tracker's log says why. */
export interface EndedAudit extends AuditRun {
  readonly ended_at: string
  readonly report: AuditReport | null
}

/** Both are null until somebody asks for an audit. */
export interface AuditStanding {
  readonly running: AuditRun | null
  readonly last: EndedAudit | null
}

// Intake keeps the other cores.
const layerPool = AuditPool.layer({ backend: "node", workers: 1 })

const make = Effect.fnUntraced(function* (dbUrl: string) {
  const scope = yield* Effect.scope
  const services = yield* Effect.context<Ed25519 | LedgerSettings | TrackerKey | SqlClient.SqlClient>()
  const own = Layer.succeedContext(services)
  // A database in memory is only there for whoever opened it.
  const database = Database.sqliteFile(dbUrl) === ":memory:" ? own : Layer.provideMerge(Database.layer(dbUrl), own)
  const layerAudit = LedgerAudit.layer.pipe(Layer.provide(layerPool), Layer.provide(database))
  let running: AuditRun | null = null
  let last: EndedAudit | null = null

  const run = Effect.fnUntraced(function* (started: AuditRun) {
    const { publicKey: trackerKey } = yield* TrackerKey
    const report = yield* Effect.flatMap(LedgerAudit, ({ audit }) => audit({ level: started.level, trackerKey })).pipe(
      Effect.provide(layerAudit),
      Effect.catchCause((cause) => {
        // Never the cause itself: a driver may quote what it was given.
        const reason = Cause.hasDies(cause) ? "a fault of this program" : "the ledger could not be read"
        return Effect.as(
          Effect.logError("an audit did not come to its end").pipe(Effect.annotateLogs({ reason })),
          null
        )
      })
    )
    last = { ...started, ended_at: yield* wireNow, report }
    running = null
  }, Effect.provideContext(services))

  const standing = Effect.sync((): AuditStanding => ({ running, last }))

  const start = Effect.fn("LatestAudit.start")(function* (level: AuditLevel) {
    const started: AuditRun = { level, started_at: yield* wireNow }
    if (running === null) {
      running = started
      yield* Effect.forkIn(run(started), scope)
    }
    return yield* standing
  })

  return {
    /** Starts an audit unless one is under way. */
    start,
    standing
  } as const
})

/** Audits on demand. */
export class LatestAudit extends Context.Service<LatestAudit, Effect.Success<ReturnType<typeof make>>>()(
  "@farmops/core/farm/audit/LatestAudit"
) {
  /** `dbUrl` is the ledger's own database, which is opened once more for each audit. */
  static readonly layer = (dbUrl: string) => Layer.effect(this, make(dbUrl))
}
