/**
 * Decides what a resolved alert is worth: this agent saw it fire, saw a silence that came after it, and sees it resolved. Every
 * duration is by this agent's own record, since anybody may send an Alertmanager an alert that began long ago. Pure.
 */
import { inconclusive, rejected, verified } from "@farmops/plugin-sdk/author/definePlugin"
import { fillTemplate } from "@farmops/plugin-sdk/author/fillTemplate"
import type { Complexity, Verdict } from "@farmops/plugin-sdk/contract/Verdict"
import type { Alert, Configuration, Memory } from "./events.ts"

const severities = ["critical", "warning", "minor"] as const
type Severity = (typeof severities)[number]

// Words that people write for the label; any other is minor.
const words: ReadonlyMap<string, Severity> = new Map([
  ...["critical", "crit", "page", "emergency", "fatal", "disaster", "p1"].map((word) => [word, "critical"] as const),
  ...["warning", "warn", "error", "major", "high", "ticket", "p2"].map((word) => [word, "warning"] as const)
])

const sentence = (severity: Severity, acknowledged: boolean, minutes: number): string =>
  `Resolved ${acknowledged ? "an acknowledged" : "a"} ${severity} alert after {minutes} ${minutes === 1 ? "minute" : "minutes"}`

/** Every description that a verdict may have. */
export const templates: ReadonlyArray<string> = severities.flatMap((severity) =>
  [true, false].flatMap((acknowledged) => [1, 2].map((minutes) => sentence(severity, acknowledged, minutes)))
)

const subcategoryOf = (severity: Severity): string => `${severity}-alert`

/** Every subcategory that a verdict may have. */
export const subcategories: ReadonlyArray<string> = severities.map(subcategoryOf)

/** A verdict and what to remember from now on; null forgets. */
export interface Outcome {
  readonly verdict: Verdict
  readonly memory: Memory | null
}

type Firing = NonNullable<Memory["firing"]>

const minuteMs = 60_000
const hourMs = 60 * minuteMs

// From here on it was no blip that went by itself.
const longMs = 30 * minuteMs

const timeOf = (text: string | null | undefined): number | null => {
  const at = typeof text === "string" ? Date.parse(text) : Number.NaN
  return Number.isFinite(at) ? at : null
}

const severityOf = ({ labels }: Alert): Severity => words.get((labels?.severity ?? "").toLowerCase()) ?? "minor"

// A long outage is harder than a short one of the same severity, but no length makes a hard one of a minor alert.
const complexityOf = (severity: Severity, lastedMs: number): Complexity => {
  if (severity === "minor") return "low"
  if (severity === "critical") return lastedMs >= longMs ? "high" : "medium"
  return lastedMs >= longMs ? "medium" : "low"
}

const radii: Readonly<Record<Severity, number>> = { critical: 5, warning: 3, minor: 1 }

const keep = (memory: Memory): Memory | null => (memory.firing === null && memory.credited_at === null ? null : memory)

// A silence that was there before the alert is planned work: nobody has looked at this alert yet.
const acknowledgedBy = ({ silences, status }: Alert, startsAt: number, now: number): number | null => {
  if (status !== "suppressed") return null
  const began = (silences ?? []).flatMap(({ starts_at }) => timeOf(starts_at) ?? [])
  const after = began.filter((at) => at >= startsAt && at <= now)
  return after.length === 0 ? null : Math.min(...after)
}

// Two senders of one alert may differ in when it began, and the Alertmanager then keeps the earlier.
const isSame = (firing: Firing, startsAt: number): boolean => startsAt <= firing.starts_at

const watch = (alert: Alert, startsAt: number, now: number, memory: Memory): Outcome => {
  const known = memory.firing !== null && isSame(memory.firing, startsAt) ? memory.firing : null
  const firing: Firing = {
    starts_at: startsAt,
    seen_at: known?.seen_at ?? now,
    acknowledged_at: known?.acknowledged_at ?? acknowledgedBy(alert, startsAt, now)
  }
  const reason = firing.acknowledged_at === null ? "the alert fires" : "the alert fires and is acknowledged"
  return { verdict: rejected(reason), memory: { ...memory, firing } }
}

/** The verdict over one alert, each time that its state has changed. */
export const verifyAlert = (alert: Alert, memory: Memory | null, configuration: Configuration): Outcome => {
  const now = timeOf(alert.seen_at)
  const startsAt = timeOf(alert.starts_at)
  if (now === null || startsAt === null) return { verdict: inconclusive("the alert does not say when"), memory }
  const before = memory ?? { firing: null, credited_at: null }
  if (alert.status !== "resolved") return watch(alert, startsAt, now, before)
  const { credited_at, firing } = before
  if (firing === null) return { verdict: rejected("the alert was not seen firing"), memory: keep(before) }
  const endsAt = Math.min(timeOf(alert.ends_at) ?? now, now)
  // The end of an earlier firing, told late, ends nothing of this one.
  if (endsAt < firing.starts_at) return { verdict: rejected("an earlier firing ended"), memory: before }
  const over = keep({ firing: null, credited_at })
  if (!isSame(firing, startsAt)) return { verdict: rejected("this firing was not seen"), memory: over }
  const lastedMs = endsAt - firing.seen_at
  if (lastedMs < configuration.firing_minutes * minuteMs) {
    return { verdict: rejected("the alert was seen firing for too short a time"), memory: over }
  }
  const acknowledged = firing.acknowledged_at !== null
  if (!acknowledged && configuration.require_acknowledgement) {
    return { verdict: rejected("nobody acknowledged the alert"), memory: over }
  }
  if (credited_at !== null && now - credited_at < configuration.again_hours * hourMs) {
    return { verdict: rejected("a resolution of this alert counted not long ago"), memory: over }
  }
  const severity = severityOf(alert)
  const minutes = Math.floor(lastedMs / minuteMs)
  const verdict = verified({
    action: "resolve",
    category: "incident",
    subcategory: subcategoryOf(severity),
    description: fillTemplate(sentence(severity, acknowledged, minutes), { minutes }),
    complexity: complexityOf(severity, lastedMs),
    impactRadius: radii[severity],
    artifactsTouched: 1,
    ...(lastedMs >= 1000 && { timeSpentSeconds: Math.floor(lastedMs / 1000) }),
    evidence: { kind: "resolved", ...firing, ends_at: endsAt, severity }
  })
  return { verdict, memory: { firing: null, credited_at: now } }
}
