/** What the owner of a repository allows its co-maintainer, with every default filled in. Pure data: the policy reads it, a host makes it. */
import type { actionTypes } from "./protocol/Decision.ts"

/** A kind of action that an agent can ask for. */
export type ActionType = (typeof actionTypes)[number]

/**
 * How far one kind of action goes: not at all; only into the log; into the log until a person says yes; done. Ordered from the
 * most careful to the least.
 */
export const modes = ["off", "shadow", "propose", "live"] as const

/** One of {@link modes}. */
export type Mode = (typeof modes)[number]

/** A mode for each kind of action. */
export type Modes = Readonly<Record<ActionType, Mode>>

/** A new repository's modes: everything is thought through and nothing is done, and closing is not even thought of. */
export const modesDefault: Modes = { add_label: "shadow", remove_label: "shadow", comment: "shadow", close: "off" }

/** How much may be done within a time, by everything that the bounds are for. */
export interface Caps {
  /** Actions within any 60 minutes. */
  readonly actionsPerHour: number
  /** Actions within any 24 hours. */
  readonly actionsPerDay: number
  /** Issues closed within any 24 hours. */
  readonly closesPerDay: number
  /** What models may cost in a day of UTC, in millionths of a US dollar; null where only the bill limits it. */
  readonly microUsdPerDay: number | null
}

/** What one repository may see done: label, answer and close for thirty new issues a day is a busy project. */
export const capsDefault: Caps = { actionsPerHour: 30, actionsPerDay: 120, closesPerDay: 5, microUsdPerDay: 5_000_000 }

/** What all repositories of one harness may see done together. GitHub itself lets an account write 500 times an hour. */
export const capsOfHarnessDefault: Caps = {
  actionsPerHour: 120,
  actionsPerDay: 1_000,
  closesPerDay: 25,
  microUsdPerDay: 20_000_000
}

/** Enough for a label, an answer and a closing on each of a few looks; more on one issue is a loop. */
export const actionsPerIssueDefault = 12

/** How long an issue stays open after the notice that it will be closed. */
export const closeDelayDaysDefault = 3

/** The rules of one agent in one repository. */
export interface TriageRules {
  /** `owner/repo`. */
  readonly repo: string
  /** The account that the harness writes as. */
  readonly botUser: string
  readonly modes: Modes
  /** Whatever the modes say, nothing is done. */
  readonly dryRun: boolean
  /** The labels that may be put on and taken off, each with the words that call for it. No other label is ever touched. */
  readonly labels: Readonly<Record<string, ReadonlyArray<string>>>
  readonly allowClose: boolean
  /** Whether issues of the repository's own people are looked at. Those of bots never are. */
  readonly allowMaintainerIssues: boolean
  /** Whether more than one comment within 24 hours may stand under one issue. */
  readonly allowRepeatComments: boolean
  /** An issue with one of these is left alone. */
  readonly exemptLabels: ReadonlyArray<string>
  /** An issue with one of these is never stale. */
  readonly staleExemptLabels: ReadonlyArray<string>
  /** Days without a change after which an issue is looked at again; null for never. */
  readonly staleDays: number | null
  readonly closeDelayDays: number
  /** Whether issues that did not change since the harness began with the repository may be acted on. */
  readonly actOnBacklog: boolean
  /** What a question to a person puts on the issue; null for nothing. */
  readonly escalateLabel: string | null
  /** Hosts that a comment may link to. */
  readonly linkHosts: ReadonlyArray<string>
  /** Actions on one issue, ever. */
  readonly actionsPerIssue: number
  readonly caps: Caps
  readonly capsOfHarness: Caps
}

/** GitHub takes `Bug` and `bug` for one label, and `Octocat` and `octocat` for one account. */
export const sameName = (one: string, other: string): boolean => one.toLowerCase() === other.toLowerCase()

/** The rules for an action that a person has said yes to: its mode no longer stands in the way, every other rule does. */
export const approved = (rules: TriageRules, type: ActionType): TriageRules =>
  rules.modes[type] === "propose" ? { ...rules, modes: { ...rules.modes, [type]: "live" } } : rules
