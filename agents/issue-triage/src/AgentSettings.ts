/** What the agent is told by its environment. There is no place here for a GitHub token, and one that is there is a fault. */
import { exitCodes } from "@farmops/core/host/exitCodes"
import { Config, Effect, Option, Runtime, Schema } from "effect"

/** What it thinks with. */
export const MindName = Schema.Literals(["keyword", "classifier", "llm"])

/** The environment asks for something that cannot be. Names the variable, never its value. */
export class SettingInvalid extends Schema.TaggedError<SettingInvalid>()("SettingInvalid", {
  variable: Schema.String,
  expected: Schema.String
}) {
  override get message() {
    return `${this.variable}: ${this.expected}`
  }
  override readonly [Runtime.errorExitCode] = exitCodes.config
}

/** See the first line. */
export interface AgentSettings {
  readonly host: string
  readonly port: number
  /** A Unix socket to listen on instead; a container without a network has no other way in. */
  readonly socket: string | null
  /** A port of loopback that is joined to the harness's egress proxy; null where there is a network. */
  readonly egress: { readonly port: number; readonly path: string } | null
  readonly mind: typeof MindName.Type
  /** The classifier's file; needed where the mind is `classifier`. */
  readonly model: string | null
  /** From this confidence on the classifier answers. */
  readonly sureFrom: number | null
}

/** An agent that held one of these could act on its own. */
const forbidden = ["GITHUB_TOKEN", "GH_TOKEN", "GITHUB_PAT"]

const text = (name: string) => Effect.map(Effect.option(Config.String(name)), Option.getOrNull)

const invalid = (variable: string, expected: string) => new SettingInvalid({ variable, expected })

const readPort = Effect.fnUntraced(function* (variable: string, standard: string) {
  const port = (yield* text(variable)) ?? standard
  if (!/^\d{1,5}$/.test(port) || Number(port) > 65_535)
    return yield* invalid(variable, "expected a port from 0 to 65535")
  return Number(port)
})

const readEgress = Effect.gen(function* () {
  const path = yield* text("FARMOPS_EGRESS_SOCKET")
  return path === null ? null : { path, port: yield* readPort("FARMOPS_EGRESS_PORT", "3128") }
})

const readSureFrom = Effect.gen(function* () {
  const given = yield* text("FARMOPS_AGENT_SURE_FROM")
  if (given === null) return null
  if (!/^(?:0|1|0?\.\d{1,6}|1\.0{1,6})$/.test(given))
    return yield* invalid("FARMOPS_AGENT_SURE_FROM", "expected a confidence from 0 to 1")
  return Number(given)
})

/** Reads the environment as a whole, so that an agent that starts can work. */
export const readSettings: Effect.Effect<AgentSettings, SettingInvalid> = Effect.gen(function* () {
  for (const variable of forbidden)
    if ((yield* text(variable)) !== null)
      return yield* invalid(variable, "an agent must not hold a token of GitHub's; take it out of its environment")
  const name = (yield* text("FARMOPS_AGENT_MIND")) ?? "keyword"
  const mind = yield* Effect.mapError(Schema.decodeUnknownEffect(MindName)(name), () =>
    invalid("FARMOPS_AGENT_MIND", `expected one of ${MindName.literals.join(", ")}`)
  )
  const model = yield* text("FARMOPS_AGENT_MODEL")
  if (mind === "classifier" && model === null)
    return yield* invalid(
      "FARMOPS_AGENT_MODEL",
      "is missing: the file of the classifier that `farmops harness train` wrote"
    )
  const host = (yield* text("FARMOPS_AGENT_HOST")) ?? "127.0.0.1"
  const port = yield* readPort("FARMOPS_AGENT_PORT", "8080")
  const socket = yield* text("FARMOPS_AGENT_SOCKET")
  return { host, port, socket, egress: yield* readEgress, mind, model, sureFrom: yield* readSureFrom }
})
