/** `farmops agent revoke` and `agent forks`: taking trust back, from a point if need be, and what shows that a key was in two hands. */
import { resolve } from "node:path"
import { exitCodes } from "@farmops/core/host/exitCodes"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { pickAgent } from "./agents.ts"
import { CommandFailed } from "./CommandFailed.ts"
import { requestJson, requestText } from "./FarmConnection.ts"
import { Printer } from "./Printer.ts"
import { writeWhole } from "./writeWhole.ts"

const Revoked = Schema.StructWithRest(Schema.Struct({ agent_id: Schema.String, status: Schema.String }), [
  Schema.Record(Schema.String, Schema.Unknown)
])
const Trust = Schema.StructWithRest(
  Schema.Struct({ void: Schema.Struct({ recovery: Schema.Int, revocation: Schema.Int }) }),
  [Schema.Record(Schema.String, Schema.Unknown)]
)

const usage = (code: string, detail: string, cure: string | null = null) =>
  new CommandFailed({ code, detail, cure, exitCode: exitCodes.usage })

/** What the tracker is asked to trust, from the flags. */
export const revocationOf = (flags: {
  readonly lastTrusted: Option.Option<string>
  readonly voidAll: boolean
}): CommandFailed | { readonly last_trusted?: { readonly sequence: number; readonly hash: string } | null } => {
  if (Option.isNone(flags.lastTrusted)) return flags.voidAll ? { last_trusted: null } : {}
  if (flags.voidAll) return usage("two_points", "--last-trusted and --void-all exclude each other.")
  const [, sequence = "", hash = ""] = /^(\d{1,15}):([0-9a-f]{64})$/.exec(flags.lastTrusted.value) ?? []
  return hash === ""
    ? usage("bad_point", "--last-trusted takes a proof as SEQUENCE:HASH.", "`farmops proof show ID` prints both.")
    : { last_trusted: { sequence: Number(sequence), hash } }
}

/** Runs `agent revoke`. Needs the owner's token. */
export const revokeAgent = Effect.fn("revokeAgent")(function* (flags: {
  readonly id: string
  readonly lastTrusted: Option.Option<string>
  readonly voidAll: boolean
}) {
  const printer = yield* Printer
  const body = revocationOf(flags)
  if (body instanceof CommandFailed) return yield* body
  const { agent_id, waiting_proofs } = yield* pickAgent(Option.some(flags.id))
  const path = `/api/v1/agents/${agent_id}`
  const agent = yield* requestJson(`${path}/revoke`, Revoked, { method: "POST", asOwner: true, body })
  const trust = yield* requestJson(`${path}/trust`, Trust, { asOwner: true })
  if (printer.json) return yield* printer.data({ ...agent, void: trust.void })
  yield* printer.line(`${agent.agent_id} is ${agent.status}`)
  if (waiting_proofs > 0) {
    yield* printer.note(
      `${waiting_proofs} ${waiting_proofs === 1 ? "proof" : "proofs"} that waited for an approval ${waiting_proofs === 1 ? "was" : "were"} dropped`
    )
  }
  const { revocation } = trust.void
  if (revocation > 0) {
    yield* printer.note(`${revocation} ${revocation === 1 ? "proof is" : "proofs are"} void; the coins were taken back`)
  }
})

/** Runs `agent forks`: the evidence as the tracker keeps it, a line for each fork, each of which verifies alone. */
export const showForks = Effect.fn("showForks")(function* (flags: {
  readonly id: string
  readonly out: Option.Option<string>
  readonly cwd: string
}) {
  const printer = yield* Printer
  const { agent_id } = yield* pickAgent(Option.some(flags.id))
  const text = yield* requestText(`/api/v1/agents/${agent_id}/forks`)
  const lines = text.split("\n").filter((line) => line !== "")
  if (Option.isNone(flags.out)) {
    if (printer.json) return yield* printer.data({ agent_id, forks: lines })
    return yield* lines.length === 0 ? printer.note("no fork of this agent is known") : printer.write(text)
  }
  const out = resolve(flags.cwd, flags.out.value)
  yield* writeWhole(out, text)
  if (printer.json) return yield* printer.data({ agent_id, file: out, forks: lines.length })
  yield* printer.line(`${lines.length} ${lines.length === 1 ? "fork was" : "forks were"} written to ${flags.out.value}`)
})
