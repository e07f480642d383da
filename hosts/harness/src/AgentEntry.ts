/** An agent of a repository, as the file assigns it: which one, how it runs, and what it may do there. */

import { modes } from "@farmops/triage/TriageRules"
import { Schema } from "effect"
import { Dollars, eachOnce, HostName, HttpUrl, LabelName, Text, wholeNumber } from "./fileForms.ts"

const Mode = Schema.Literals(modes)

/** How far each kind of action goes; those that are left out keep what the level above says. */
export const ModesEntry = Schema.Struct({
  add_label: Schema.optionalKey(Mode),
  remove_label: Schema.optionalKey(Mode),
  comment: Schema.optionalKey(Mode),
  close: Schema.optionalKey(Mode)
})

/** See the schema of the same name. */
export type ModesEntry = typeof ModesEntry.Type

/** How much may be done within an hour or a day. */
export const CapsEntry = Schema.Struct({
  actions_per_hour: Schema.optionalKey(wholeNumber(0, 500)),
  actions_per_day: Schema.optionalKey(wholeNumber(0, 10_000)),
  closes_per_day: Schema.optionalKey(wholeNumber(0, 1_000)),
  /** What models may cost; null leaves it to the bill. */
  usd_per_day: Schema.optionalKey(Schema.NullOr(Dollars))
})

/** See the schema of the same name. */
export type CapsEntry = typeof CapsEntry.Type

const LabelNames = Schema.Array(LabelName).check(eachOnce((name: string) => name, "each label only once"))

const Labels = Schema.Record(Schema.String, Schema.Array(Text).check(Schema.isMinLength(1))).check(
  Schema.makeFilter((labels: Readonly<Record<string, unknown>>) => {
    const names = Object.keys(labels)
    const bad = names.find((name) => !Schema.is(LabelName)(name))
    if (bad !== undefined) return "expected labels' names of 1 to 50 characters on one line, without blanks around them"
    return new Set(names.map((name) => name.toLowerCase())).size === names.length || "expected each label only once"
  })
)

/** What an issue-triage agent may do. Everything that changes more than labels and one comment is off until said. */
export const TriageConfig = Schema.Struct({
  stale_days: Schema.optionalKey(wholeNumber(1, 3650)),
  /** For each label, the words that call for it. */
  labels: Schema.optionalKey(Labels),
  allow_close: Schema.optionalKey(Schema.Boolean),
  allow_maintainer_issues: Schema.optionalKey(Schema.Boolean),
  allow_repeat_comments: Schema.optionalKey(Schema.Boolean),
  modes: Schema.optionalKey(ModesEntry),
  exempt_labels: Schema.optionalKey(LabelNames),
  stale_exempt_labels: Schema.optionalKey(LabelNames),
  close_delay_days: Schema.optionalKey(wholeNumber(1, 365)),
  /** Whether issues that did not change since the harness began here may be acted on, and not only thought through. */
  act_on_backlog: Schema.optionalKey(Schema.Boolean),
  escalate_label: Schema.optionalKey(LabelName),
  link_hosts: Schema.optionalKey(Schema.Array(HostName)),
  actions_per_issue: Schema.optionalKey(wholeNumber(1, 100))
}).check(
  Schema.makeFilter(({ allow_close, modes }) =>
    (modes?.close === "live" || modes?.close === "propose") && allow_close !== true
      ? { path: ["modes", "close"], issue: "needs allow_close: true beside it" }
      : true
  )
)

/** See the schema of the same name. */
export type TriageConfig = typeof TriageConfig.Type

/** Which mind decides: the labels' words, what the repository's own labelled issues teach, or the model of `llm`. */
export const mindNames = ["keyword", "classifier", "llm"] as const

/** Without `image` and `url` the agent that comes with the harness runs as a process of its own. */
export const AgentAssignment = Schema.Struct({
  type: Schema.Literal("issue-triage"),
  mind: Schema.optionalKey(Schema.Literals(mindNames)),
  /** A container of this image. */
  image: Schema.optionalKey(Text),
  pull: Schema.optionalKey(Schema.Literals(["always", "missing", "never"])),
  memory_mb: Schema.optionalKey(wholeNumber(32, 65_536)),
  /** An agent that somebody else runs. */
  url: Schema.optionalKey(HttpUrl),
  timeout_seconds: Schema.optionalKey(wholeNumber(1, 600)),
  /** Tasks that it works on at a time. */
  concurrency: Schema.optionalKey(wholeNumber(1, 64)),
  config: Schema.optionalKey(TriageConfig)
}).check(
  Schema.makeFilter(({ image, memory_mb, mind, pull, url }) => {
    if (image !== undefined && url !== undefined) return { path: ["url"], issue: "cannot stand beside image" }
    if (url !== undefined && mind !== undefined) {
      return { path: ["mind"], issue: "cannot stand beside url: who runs that agent chooses its mind" }
    }
    if (image === undefined && pull !== undefined) return { path: ["pull"], issue: "needs image beside it" }
    if (image === undefined && memory_mb !== undefined) return { path: ["memory_mb"], issue: "needs image beside it" }
    return true
  })
)

/** See the schema of the same name. */
export type AgentAssignment = typeof AgentAssignment.Type
