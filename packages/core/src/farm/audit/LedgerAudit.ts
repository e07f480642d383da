/**
 * Audits a ledger from its stored bytes: every line, every column that can be made from it, every chain, the tree, the
 * checkpoints and the archives. Reads as of one moment and writes nothing.
 */
import { AuditPool } from "@farmops/proof/AuditPool"
import type { AuditLevel } from "@farmops/proof/auditVerdict"
import { Ed25519 } from "@farmops/proof/Ed25519"
import { Context, Effect, Layer } from "effect"
import { SqlClient, SqlError } from "effect/sql"
import { auditArchives } from "../archive/auditArchives.ts"
import { readLength } from "../checkpoint/ledgerLeaves.ts"
import { LedgerSettings } from "../LedgerSettings.ts"
import { orLedgerUnavailable } from "../LedgerUnavailable.ts"
import { type AuditReport, type DifferenceKind, makeDifferenceList } from "./AuditReport.ts"
import { auditChains } from "./auditChains.ts"
import { auditKeys } from "./auditKeys.ts"
import { auditLines } from "./auditLines.ts"
import { auditSums } from "./auditSums.ts"
import { makeTreeAuditor, type TreeAuditor } from "./auditTree.ts"
import { provesOf } from "./provesOf.ts"

/** How an audit is done. */
export interface AuditHow {
  readonly level: AuditLevel
  /** Any public key that the tracker had, 64 lowercase hex digits: the ledger's events must lead from it, or to it. */
  readonly trackerKey: string
  /** Told now and then how many lines were read, and then how many proofs were verified. */
  readonly onProgress?: (part: "lines" | "proofs", done: number) => void
}

const nothingRead = { proofs: 0, events: 0, archived: 0, approvals: [], length: 0 }
const nothingSigned = { checkpoints: 0, signed: 0 }

/** In the place of a tree that cannot be read. */
const noTree: TreeAuditor = { accept: () => Effect.void, finish: Effect.succeed(nothingSigned) }

const make = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const settings = yield* LedgerSettings
  const pool = yield* AuditPool
  const { backend } = yield* Ed25519
  const { farmId } = settings

  const snapshotBegin = sql.onDialectOrElse({
    pg: () => "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
    orElse: () => undefined
  })

  const auditNow = Effect.fnUntraced(function* ({ level, onProgress, trackerKey }: AuditHow) {
    const found = makeDifferenceList()
    const trust = { farmId, keys: yield* auditKeys(farmId, trackerKey, backend, found), backend, found }
    /** What cannot be read is a difference too, and the rest is looked at all the same. */
    const orDifference = <A, E, R>(part: Effect.Effect<A, E, R>, kind: DifferenceKind, instead: A) =>
      Effect.catch(part, (error) => {
        if (SqlError.isSqlError(error)) return Effect.fail(error)
        found.add(kind, "the ledger", "what is stored could not be read to its end")
        return Effect.succeed(instead)
      })

    const archivedTo = yield* orDifference(auditArchives(trust), "archive", 0)
    const tree = yield* orDifference(makeTreeAuditor(trust), "tile", noTree)
    const read = auditLines(tree, { ...trust, archivedTo, onProgress: (done) => onProgress?.("lines", done) })
    const lines = yield* orDifference(read, "line_damaged", nothingRead)
    if ((yield* readLength).counted !== lines.length) found.add("sums", "the farm", "it counts other lines than it has")
    const signed = yield* orDifference(tree.finish, "tile", nothingSigned)
    yield* orDifference(auditSums(found), "sums", undefined)
    const { approvals, length, ...counts } = lines
    const chains = auditChains(level, approvals, found, (done) => onProgress?.("proofs", done))
    const agents = yield* orDifference(chains, "chain", 0)
    const facts = { level, agents, ...counts, ...signed }
    const report: AuditReport = {
      ...facts,
      differences: found.count(),
      first: found.first(),
      kinds: found.kinds(),
      proves: found.count() === 0 ? provesOf(facts, length) : []
    }
    return report
  })

  const audit = Effect.fn("LedgerAudit.audit")((how: AuditHow) =>
    sql
      .withTransaction(auditNow(how))
      .pipe(
        Effect.provideService(SqlClient.BeginTransaction, snapshotBegin),
        Effect.provideService(SqlClient.SqlClient, sql),
        Effect.provideService(LedgerSettings, settings),
        Effect.provideService(AuditPool, pool),
        orLedgerUnavailable
      )
  )

  return { audit } as const
})

/** Says whether the stored ledger is what it should be, and where it is not. A long audit keeps an SQLite connection busy: give it its own. */
export class LedgerAudit extends Context.Service<LedgerAudit>()("@farmops/core/farm/audit/LedgerAudit", { make }) {
  static readonly layer: Layer.Layer<LedgerAudit, never, AuditPool | Ed25519 | LedgerSettings | SqlClient.SqlClient> =
    Layer.effect(this, this.make)
}
