/** Reads of the ledger and its sums. Whatever is shown of a proof is the stored line, decoded; the columns only find it. */
import { FarmProof, ProofHash, ProofTimestamp } from "@farmops/proof/FarmProof"
import { parseProof } from "@farmops/proof/verify"
import { Context, DateTime, Effect, Layer, Schema, Stream } from "effect"
import { SqlClient } from "effect/sql"
import { ScoringDetail } from "../scoring/scoreProof.ts"
import { chainLines } from "./chainLines.ts"
import { describeAchievements } from "./describeAchievements.ts"
import { describeFarm } from "./describeFarm.ts"
import { emptyAchievementState } from "./economy/AchievementState.ts"
import { LedgerSettings } from "./LedgerSettings.ts"
import { LedgerUnavailable, orDatabaseUnavailable, orLedgerUnavailable } from "./LedgerUnavailable.ts"
import { type DailyQuery, readDaily } from "./listing/dailySeries.ts"
import { findProofs, isFiltered, type ProofQuery } from "./listing/listProofs.ts"
import { catchUpProofIndex } from "./listing/proofIndex.ts"
import { readCategories, readDays, readTotals } from "./ProjectionStore.ts"
import { SqlCount } from "./SqlCount.ts"
import { ActiveShop } from "./shop/ActiveShop.ts"
import { listAgents } from "./trust/agentRows.ts"
import { readEvents } from "./trust/readEvents.ts"
import { voidCauses } from "./trust/voidFold.ts"
import { spellTime } from "./wireTime.ts"

/** No proof has this id. */
export class ProofNotFound extends Schema.TaggedError<ProofNotFound>()("ProofNotFound", { proofId: Schema.String }) {}

/** A proof, what it earned and every factor of it. */
export const ScoredProof = Schema.Struct({
  proof: FarmProof,
  hash: ProofHash,
  coins: Schema.Int,
  scoring_detail: ScoringDetail,
  received_at: ProofTimestamp,
  /** Why it counts for nothing: its agent's recovery key took the chain back, or its owner trusts it no longer. Else null. */
  void: Schema.NullOr(Schema.Literals(voidCauses))
})

/** See the schema of the same name. */
export type ScoredProof = typeof ScoredProof.Type

/** One page; `next_cursor` is null on the last. */
export interface ProofPage {
  readonly proofs: ReadonlyArray<ScoredProof>
  readonly next_cursor: number | null
}

const decodeScored = Schema.decodeUnknownEffect(
  Schema.Array(
    Schema.Struct({
      position: SqlCount,
      line: Schema.String,
      hash: ProofHash,
      coins: SqlCount,
      scoring_detail: Schema.fromJsonString(ScoringDetail),
      received_at: Schema.String,
      void: Schema.NullOr(Schema.Literals(voidCauses))
    })
  )
)
type ScoredRow = Effect.Success<ReturnType<typeof decodeScored>>[number]

const scoredOf = Effect.fnUntraced(function* ({ line, position: _, ...rest }: ScoredRow) {
  const parsed = parseProof(line)
  if (!parsed.ok) return yield* new LedgerUnavailable({ cause: `a stored proof is damaged: ${parsed.fault.code}` })
  const scored: ScoredProof = { proof: parsed.value.proof, ...rest }
  return scored
})

const make = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const settings = yield* LedgerSettings
  const { achievements: set } = yield* ActiveShop
  const onLedger = <A, E>(effect: Effect.Effect<A, E, SqlClient.SqlClient>) =>
    orLedgerUnavailable(Effect.provideService(effect, SqlClient.SqlClient, sql))
  const columns = sql.literal("position, line, hash, coins, scoring_detail, received_at, void")

  const totals = Effect.flatMap(onLedger(readTotals()), (stored) =>
    stored === null
      ? Effect.fail(new LedgerUnavailable({ cause: "the farm's totals are missing" }))
      : Effect.succeed(stored.totals)
  )

  const snapshotBegin = sql.onDialectOrElse({
    pg: () => "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
    orElse: () => undefined
  })
  const atOneMoment = <A, E, R>(reads: Effect.Effect<A, E, R>) =>
    sql.withTransaction(reads).pipe(
      Effect.provideService(SqlClient.BeginTransaction, snapshotBegin),
      Effect.catchTag("SqlError", (cause) => Effect.fail(new LedgerUnavailable({ cause })))
    )

  const farm = atOneMoment(
    Effect.gen(function* () {
      const now = spellTime(yield* DateTime.now)
      const categories = yield* onLedger(readCategories())
      return describeFarm({ totals: yield* totals, categories, settings, now })
    })
  ).pipe(Effect.withSpan("Ledger.farm"))

  const page = Effect.fn("Ledger.page")(function* (query: ProofQuery) {
    if (isFiltered(query)) yield* onLedger(catchUpProofIndex)
    const { next, positions } = yield* onLedger(findProofs(query))
    if (positions.length === 0) return { proofs: [], next_cursor: null } satisfies ProofPage
    const rows = yield* onLedger(
      Effect.flatMap(
        sql`SELECT ${columns} FROM tracker_proof WHERE ${sql.in("position", positions)} AND line IS NOT NULL`,
        decodeScored
      )
    )
    const byPosition = new Map(rows.map((row) => [row.position, row]))
    // One whose body was archived a moment ago is left out.
    const shown = positions.flatMap((position) => byPosition.get(position) ?? [])
    const answer: ProofPage = { proofs: yield* Effect.forEach(shown, scoredOf), next_cursor: next }
    return answer
  })

  const proof = Effect.fn("Ledger.proof")(function* (proofId: string) {
    const [row] = yield* onLedger(
      Effect.flatMap(
        sql`SELECT ${columns} FROM tracker_proof WHERE proof_id = ${proofId} AND line IS NOT NULL`,
        decodeScored
      )
    )
    return row === undefined ? yield* new ProofNotFound({ proofId }) : yield* scoredOf(row)
  })

  const lines = Effect.fn("Ledger.lines")((agentId: string) =>
    Effect.provideService(chainLines(agentId), SqlClient.SqlClient, sql)
  )

  const daily = Effect.fn("Ledger.daily")((query: Omit<DailyQuery, "to"> & { readonly to: string | null }) =>
    atOneMoment(
      Effect.gen(function* () {
        const to = query.to ?? (yield* farm).farm_day
        return yield* orDatabaseUnavailable(readDaily({ ...query, to }))
      }).pipe(Effect.provideService(SqlClient.SqlClient, sql))
    )
  )

  // An agent is never forgotten.
  const linesOf = (agentId: string) =>
    Stream.unwrap(Effect.catchTag(lines(agentId), "AgentUnknown", () => Effect.succeed(Stream.empty)))
  const allLines = Effect.map(onLedger(listAgents), (agents) =>
    Stream.flatMap(Stream.fromIterable(agents), ({ agent_id }) => linesOf(agent_id))
  ).pipe(Effect.withSpan("Ledger.allLines"))

  return {
    /** The farm as it stands today. */
    farm,
    /** What of all that can be achieved was. */
    achievements: Effect.map(totals, ({ achievements }) =>
      describeAchievements(set, achievements ?? emptyAchievementState(set))
    ),
    /** What is owned, and what was paid for it. */
    holdings: Effect.map(totals, ({ holdings }) => holdings),
    /** Runs several reads as of one moment. */
    atOneMoment,
    page,
    proof,
    /** One agent's present chain in its order, each proof the exact signed line; read page by page as it is consumed. */
    lines,
    /** The same of each agent after the other, in the order in which they enrolled. */
    allLines,
    /** What the tracker itself put into the ledger after a position, oldest first. */
    events: (cursor: number, limit: number) => onLedger(readEvents(cursor, limit)),
    /** Sums of each category of both boards. */
    categories: onLedger(readCategories()),
    /** The farm day by day, for charts; up to today where it does not say. */
    daily,
    /** Paid work of each farm-day after the given one. */
    daysAfter: (farmDay: string) => onLedger(readDays(farmDay))
  } as const
})

/** What the ledger holds, for everybody who may see it. */
export class Ledger extends Context.Service<Ledger>()("@farmops/core/farm/Ledger", { make }) {
  static readonly layer: Layer.Layer<Ledger, never, LedgerSettings | SqlClient.SqlClient> = Layer.effect(
    this,
    this.make
  )
}
