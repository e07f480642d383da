/** `farmops agent …`: who asked to add to the ledger, and the owner's yes or no. */
import { exitCodes } from "@farmops/core/host/exitCodes"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { CommandFailed } from "./CommandFailed.ts"
import { drawTable } from "./drawTable.ts"
import { requestJson } from "./FarmConnection.ts"
import { Printer } from "./Printer.ts"

/** One agent as the tracker lists it. What else a later tracker may say is kept for `--json` and not needed here. */
const Agent = Schema.StructWithRest(
  Schema.Struct({
    agent_id: Schema.String,
    status: Schema.Literals(["pending", "approved", "frozen", "revoked"]),
    public_key: Schema.String,
    fingerprint: Schema.String,
    cluster_alias: Schema.String,
    waiting_proofs: Schema.Int
  }),
  [Schema.Record(Schema.String, Schema.Unknown)]
)
type Agent = typeof Agent.Type

const AgentList = Schema.Struct({ agents: Schema.Array(Agent) })

const fetchAgents = Effect.map(requestJson("/api/v1/agents", AgentList), ({ agents }) => agents)

/** The one agent that `wanted` means, by id or by the beginning of it; without it, the only agent there is. */
export const chooseAgent = (agents: ReadonlyArray<Agent>, wanted: Option.Option<string>): Agent | CommandFailed => {
  const names = (some: ReadonlyArray<Agent>) => some.map((agent) => agent.agent_id).join(", ")
  const usage = (code: string, detail: string, cure: string | null) =>
    new CommandFailed({ code, detail, cure, exitCode: exitCodes.usage })
  if (Option.isNone(wanted)) {
    const [only, ...others] = agents
    if (only === undefined) {
      return new CommandFailed({
        code: "no_agent",
        detail: "no agent has enrolled yet.",
        cure: null,
        exitCode: exitCodes.unavailable
      })
    }
    if (others.length === 0) return only
    return usage("several_agents", `there are ${agents.length} agents: ${names(agents)}.`, "Name one with --agent ID.")
  }
  const prefix = wanted.value.toLowerCase()
  const found = prefix === "" ? [] : agents.filter((agent) => agent.agent_id.startsWith(prefix))
  const [only, ...others] = found
  if (only === undefined)
    return usage("unknown_agent", `no agent's id begins with ${JSON.stringify(wanted.value)}.`, null)
  if (others.length > 0)
    return usage("ambiguous_agent", `that is the beginning of ${names(found)}.`, "Type more of it.")
  return only
}

/** `chooseAgent` over what the tracker lists now. */
export const pickAgent = Effect.fnUntraced(function* (wanted: Option.Option<string>) {
  const chosen = chooseAgent(yield* fetchAgents, wanted)
  return chosen instanceof CommandFailed ? yield* chosen : chosen
})

/** Runs `agent list`. */
export const listAgents = Effect.gen(function* () {
  const printer = yield* Printer
  const agents = yield* fetchAgents
  if (printer.json) return yield* printer.data({ agents })
  if (agents.length === 0) return yield* printer.line("no agent has enrolled yet")
  const rows = agents.map((agent) => [
    agent.agent_id,
    agent.status,
    agent.cluster_alias,
    `${agent.waiting_proofs}`,
    agent.fingerprint
  ])
  yield* printer.line(drawTable(["agent", "status", "alias", "waiting", "fingerprint"], rows, printer.columns))
  for (const { agent_id } of agents.filter(({ status }) => status === "frozen")) {
    yield* printer.note(
      `${agent_id} is frozen: its key signed two records for one place; farmops agent forks ${agent_id}`
    )
  }
})

/** Runs `agent enroll`: asks with the key in a folder, made there when absent. The owner still has to approve it. */
export const enrollAgent = Effect.fn("enrollAgent")(function* (options: {
  readonly keyDir: string
  readonly alias: string
  readonly recoveryPublicKey: Option.Option<string>
  readonly cwd: string
}) {
  const printer = yield* Printer
  const { enrollKey } = yield* Effect.promise(() => import("./enrollKey.ts"))
  const answer = yield* enrollKey({ ...options, recoveryPublicKey: Option.getOrNull(options.recoveryPublicKey) })
  if (printer.json) return yield* printer.data(answer)
  yield* printer.line(`agent ${answer.agent_id} is ${answer.status}; its key's fingerprint is ${answer.fingerprint}`)
  if (answer.status === "pending") yield* printer.note(`approve it: farmops agent approve ${answer.agent_id}`)
})

/** Runs `agent key new`: the key is shown this once. */
export const newAgentKey = Effect.fn("newAgentKey")(function* (id: string) {
  const printer = yield* Printer
  const { agent_id } = yield* pickAgent(Option.some(id))
  const issued = yield* requestJson(
    `/api/v1/agents/${agent_id}/key`,
    Schema.Struct({ agent_id: Schema.String, api_key: Schema.String }),
    { method: "POST", asOwner: true }
  )
  if (printer.json) return yield* printer.data(issued)
  yield* printer.line(issued.api_key)
  yield* printer.note(`hand it to ${agent_id} as tracker.api_key; it is not shown again`)
})

/** Runs `agent key drop`. */
export const dropAgentKeys = Effect.fn("dropAgentKeys")(function* (id: string) {
  const printer = yield* Printer
  const { agent_id } = yield* pickAgent(Option.some(id))
  const answer = yield* requestJson(
    `/api/v1/agents/${agent_id}/key`,
    Schema.Struct({ agent_id: Schema.String, dropped: Schema.Int }),
    { method: "DELETE", asOwner: true }
  )
  if (printer.json) return yield* printer.data(answer)
  yield* printer.line(
    `${answer.dropped} ${answer.dropped === 1 ? "key" : "keys"} of ${agent_id} no longer open anything`
  )
})

/** Runs `agent approve`, for a new agent or one that is frozen. Needs the owner's token. */
export const approveAgent = Effect.fn("approveAgent")(function* (id: string) {
  const printer = yield* Printer
  const { agent_id, waiting_proofs } = yield* pickAgent(Option.some(id))
  const agent = yield* requestJson(`/api/v1/agents/${agent_id}/approve`, Agent, { method: "POST", asOwner: true })
  const scored = waiting_proofs - agent.waiting_proofs
  if (printer.json) return yield* printer.data(agent)
  yield* printer.line(`${agent.agent_id} is ${agent.status}; its key's fingerprint is ${agent.fingerprint}`)
  if (scored > 0)
    yield* printer.note(`${scored} ${scored === 1 ? "proof" : "proofs"} that waited for this went into the ledger`)
})
