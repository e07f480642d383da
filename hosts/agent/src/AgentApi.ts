/** The agent's small HTTP API, for its owner only: it listens on loopback unless told otherwise and shows counts and codes, never content. */
import { deactivations } from "@farmops/plugin-sdk/runtime/PluginRuntime"
import { Schema } from "effect"
import { HttpApi, HttpApiEndpoint, HttpApiError, HttpApiGroup, OpenApi } from "effect/http-api"

const Progress = Schema.Struct({ done: Schema.Int, total: Schema.Int })
const Fault = Schema.Struct({ code: Schema.String, at: Schema.String })

/** What the agent watches. `reason` says what a person has to change, to those on this machine only. */
export const SourceAnswer = Schema.Struct({
  name: Schema.String,
  type: Schema.String,
  phase: Schema.Literals(["starting", "watching", "degraded", "paused", "failed"]),
  code: Schema.NullOr(Schema.String),
  observations: Schema.Int,
  reason: Schema.NullOr(Schema.String)
})

/**
 * Observations that wait for plugins; `set_aside` of them wait for one that does not survive them. `expired` and
 * `memories_evicted` count since the data folder was made.
 */
const Observations = Schema.Struct({
  pending: Schema.Int,
  set_aside: Schema.Int,
  bytes: Schema.Int,
  expired: Schema.Int,
  memories_evicted: Schema.Int,
  paused: Schema.Boolean
})

/** Proofs on their way: `pending` of at most `max` are in the log and not yet at the tracker. */
const Outbox = Schema.Struct({
  pending: Schema.Int,
  delivered: Schema.Int,
  max: Schema.Int,
  full: Schema.Boolean
})

/** Health of the agent, how it stands with its tracker, and how much waits to be delivered. */
export const StatusAnswer = Schema.Struct({
  agent_id: Schema.NullOr(Schema.String),
  fingerprint: Schema.NullOr(Schema.String),
  cluster_alias: Schema.String,
  phase: Schema.String,
  enrolment: Schema.String,
  source: Schema.NullOr(Schema.Struct({ kind: Schema.String, whose: Schema.String, sample: Schema.Boolean })),
  backfill: Progress,
  proved: Schema.Int,
  rejected: Schema.Int,
  refused: Schema.Int,
  pending: Schema.Int,
  delivered: Schema.Int,
  /** Of those delivered, what the tracker scores once its owner has approved this agent. */
  unscored: Schema.Int,
  sources: Schema.Array(SourceAnswer),
  observations: Observations,
  outbox: Outbox,
  /** What holds observation up now: `outbox_full`, `observations_full`, `observations_unwritable`, `no_plugins`. */
  warnings: Schema.Array(Schema.String),
  /** Why the last delivery did not succeed; it is tried again. */
  delivery_error: Schema.NullOr(Schema.String),
  /** The code with which the tracker refused for good; delivery waits for a person. */
  delivery_stopped: Schema.NullOr(Schema.String),
  last_error: Schema.NullOr(Fault)
})

/** One plugin as the agent runs it: why it was stopped, how far it is really confined, what it gets, and its faults by code. */
export const PluginAnswer = Schema.Struct({
  id: Schema.String,
  version: Schema.NullOr(Schema.String),
  digest: Schema.NullOr(Schema.String),
  protocol_version: Schema.NullOr(Schema.Int),
  obtained: Schema.Literals(["exec", "socket", "wasm", "in_process"]),
  state: Schema.Literals(["starting", "ready", "degraded", "backoff", "away", "deactivated"]),
  reason: Schema.NullOr(Schema.Literals(deactivations)),
  confinement: Schema.Literals(["none", "process", "permission", "bubblewrap", "wasm"]),
  sources: Schema.Array(Schema.String),
  starts: Schema.Int,
  pid: Schema.NullOr(Schema.Int),
  rss_bytes: Schema.NullOr(Schema.Int),
  faults: Schema.Record(Schema.String, Schema.Int),
  last_fault: Schema.NullOr(Fault)
})

/** A proof that is in the agent's log and not yet at the tracker. Proofs are content-free, so they may be shown. */
export const PendingProof = Schema.Struct({ proof_id: Schema.String, sequence: Schema.Int, hash: Schema.String })

// A page that a person can read and that stays under the body limit of any proxy.
export const pendingShownMax = 100

/** The manifest is wrong, or a plugin in it did not come up. What ran before goes on where it can; try again once the fault is cured. */
export class PluginNotReloaded extends HttpApiError.Problem<PluginNotReloaded>()(
  "PluginNotReloaded",
  { type: "about:blank", status: 503, title: "The plugins were not reloaded" },
  { code: Schema.Literals(["plugin_not_ready", "manifest_invalid"]), detail: Schema.String }
) {}

/** A web page asked, and no web page may. */
export class PageRefused extends HttpApiError.Problem<PageRefused>()(
  "PageRefused",
  { type: "about:blank", status: 403, title: "Web pages may not do this" },
  { code: Schema.Literal("forbidden") }
) {}

/** The key was not rotated: the one before is still in force. */
export class KeyNotRotated extends HttpApiError.Problem<KeyNotRotated>()(
  "KeyNotRotated",
  { type: "about:blank", status: 409, title: "The key was not rotated" },
  { code: Schema.Literals(["agent_not_working", "key_lost", "key_file_unusable"]), detail: Schema.String }
) {}

/** The key with which the agent signs from now on, and the record that says so. */
export const RotationAnswer = Schema.Struct({
  public_key: Schema.String,
  fingerprint: Schema.String,
  proof_id: Schema.String,
  sequence: Schema.Int
})

/** The log cannot be read now. */
export class LogUnavailable extends HttpApiError.Problem<LogUnavailable>()(
  "LogUnavailable",
  { type: "about:blank", status: 503, title: "The proof log is unavailable" },
  { code: Schema.Literal("log_unavailable") }
) {}

class AgentGroup extends HttpApiGroup.make("agent")
  .add(HttpApiEndpoint.get("status", "/status", { success: StatusAnswer, error: LogUnavailable }))
  .add(HttpApiEndpoint.get("sources", "/sources", { success: Schema.Struct({ sources: Schema.Array(SourceAnswer) }) }))
  .add(HttpApiEndpoint.get("plugins", "/plugins", { success: Schema.Struct({ plugins: Schema.Array(PluginAnswer) }) }))
  .add(
    HttpApiEndpoint.post("reload", "/plugins/reload", {
      success: Schema.Struct({ plugins: Schema.Array(PluginAnswer) }),
      error: [PluginNotReloaded, PageRefused]
    })
  )
  .add(
    HttpApiEndpoint.post("rotateKey", "/key/rotate", {
      success: RotationAnswer,
      error: [KeyNotRotated, LogUnavailable, PageRefused]
    })
  )
  .add(
    HttpApiEndpoint.get("pending", "/proofs/pending", {
      success: Schema.Struct({ pending: Schema.Int, proofs: Schema.Array(PendingProof) }),
      error: LogUnavailable
    })
  )
  .prefix("/api/v1") {}

/** `/openapi.json` is made from this. */
export class AgentApi extends HttpApi.make("farmops-agent")
  .add(AgentGroup)
  .annotateMerge(OpenApi.annotations({ title: "FarmOps agent", version: "1" })) {}
