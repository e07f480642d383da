/** `farmops proof list` and `proof show`: the ledger as the tracker keeps it, with what each proof was worth. */
import { exitCodes } from "@farmops/core/host/exitCodes"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { pickAgent } from "./agents.ts"
import { CommandFailed } from "./CommandFailed.ts"
import { drawTable, printable } from "./drawTable.ts"
import { requestJson } from "./FarmConnection.ts"
import { Printer } from "./Printer.ts"

const rest = [Schema.Record(Schema.String, Schema.Unknown)] as const

/** What these commands show of a scored proof. `--json` passes on the tracker's whole answer. */
const ScoredProof = Schema.StructWithRest(
  Schema.Struct({
    proof: Schema.StructWithRest(
      Schema.Struct({
        proof_id: Schema.String,
        sequence: Schema.Int,
        timestamp: Schema.String,
        actor: Schema.StructWithRest(Schema.Struct({ actor_type: Schema.String }), rest),
        action: Schema.StructWithRest(
          Schema.Struct({
            plugin: Schema.String,
            action_type: Schema.String,
            category: Schema.String,
            description: Schema.String
          }),
          rest
        )
      }),
      rest
    ),
    coins: Schema.Int,
    hash: Schema.String,
    scoring_detail: Schema.Record(Schema.String, Schema.Unknown)
  }),
  rest
)
type ScoredProof = typeof ScoredProof.Type

const ProofPage = Schema.Struct({
  proofs: Schema.Array(ScoredProof),
  next_cursor: Schema.NullOr(Schema.Union([Schema.String, Schema.Number]))
})

// What a tracker gives on one page.
const pageMax = 100

/** The newest `limit` proofs that match, over as many pages as they take. */
const fetchProofs = Effect.fnUntraced(function* (limit: number, filters: Readonly<Record<string, string>>) {
  const proofs: Array<ScoredProof> = []
  let cursor: string | number | null = null
  do {
    const query = new URLSearchParams({ ...filters, limit: String(Math.min(limit - proofs.length, pageMax)) })
    if (cursor !== null) query.set("cursor", String(cursor))
    const page: typeof ProofPage.Type = yield* requestJson(`/api/v1/proofs?${query}`, ProofPage)
    proofs.push(...page.proofs)
    cursor = page.proofs.length === 0 ? null : page.next_cursor
  } while (cursor !== null && proofs.length < limit)
  return { proofs, next_cursor: cursor }
})

/** Runs `proof list`, newest first. */
export const listProofs = Effect.fn("listProofs")(function* (options: {
  readonly limit: number
  readonly agent: Option.Option<string>
  readonly category: Option.Option<string>
  readonly board: Option.Option<string>
  readonly status: Option.Option<string>
  readonly plugin: Option.Option<string>
  readonly from: Option.Option<string>
  readonly to: Option.Option<string>
}) {
  const printer = yield* Printer
  const { agent, limit, ...rest } = options
  const asked = Object.entries(rest).flatMap(([name, value]) => (Option.isSome(value) ? [[name, value.value]] : []))
  const agentId = Option.isSome(agent) ? { agent_id: (yield* pickAgent(agent)).agent_id } : {}
  const filters: Record<string, string> = Object.fromEntries(asked)
  const page = yield* fetchProofs(limit, { ...filters, ...agentId })
  if (printer.json) return yield* printer.data(page)
  if (page.proofs.length === 0) return yield* printer.line(asked.length === 0 ? "no proof yet" : "no proof matches")
  const rows = page.proofs.map(({ coins, proof }) => [
    proof.sequence,
    proof.timestamp.slice(0, 16).replace("T", " "),
    coins,
    proof.proof_id,
    proof.action.description
  ])
  yield* printer.line(drawTable(["#", "done (UTC)", "coins", "proof", "what"], rows, printer.columns))
})

/** One line for each recorded factor, so that the product can be followed by hand. */
export const explainScore = (detail: Readonly<Record<string, unknown>>): ReadonlyArray<string> => {
  const factor = (name: string) => (typeof detail[name] === "number" ? `× ${(detail[name] / 1000).toFixed(3)}` : "—")
  const lines = [
    `base        ${detail.base ?? "—"}`,
    ...["complexity", "impact", "streak", "upgrade", "fatigue"].map((name) => `${name.padEnd(12)}${factor(name)}`),
    `coins       ${detail.coins ?? "—"}`
  ]
  return typeof detail.reason === "string" ? [...lines, `because     ${printable(detail.reason)}`] : lines
}

const draw = ({ coins, hash, proof, scoring_detail }: ScoredProof): string =>
  [
    `proof       ${proof.proof_id}  (number ${proof.sequence} of its chain)`,
    `hash        ${hash}`,
    `what        ${printable(proof.action.description)}`,
    `kind        ${proof.action.category} / ${proof.action.action_type}, by a ${proof.actor.actor_type}`,
    `plugin      ${printable(proof.action.plugin)}`,
    `done        ${proof.timestamp}`,
    `worth       ${coins} ${coins === 1 ? "coin" : "coins"}`,
    "",
    ...explainScore(scoring_detail)
  ].join("\n")

/** Runs `proof show`. */
export const showProof = Effect.fn("showProof")(function* (id: string) {
  const printer = yield* Printer
  if (!/^[0-9a-f-]{36}$/.test(id)) {
    return yield* new CommandFailed({
      code: "bad_proof_id",
      detail: "that is not a proof's id.",
      cure: "`farmops proof list` shows them.",
      exitCode: exitCodes.usage
    })
  }
  const scored = yield* requestJson(`/api/v1/proofs/${id}`, ScoredProof)
  yield* printer.json ? printer.data(scored) : printer.line(draw(scored))
})
