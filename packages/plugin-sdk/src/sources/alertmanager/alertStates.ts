/**
 * From what an Alertmanager says to what has changed. Pure.
 *
 *     unseen ──▶ firing ◀──▶ suppressed      each arrow is one transition,
 *       └──────────┴──▶ resolved ◀──┘        told once however often it is seen
 *
 * An alert is its fingerprint and the moment it began: the same labels that fire again are another one.
 */

/** A silence that matches an alert. It may be gone before anything of it could be asked: then nobody made it, at no known time. */
export interface MatchingSilence {
  readonly id: string
  readonly created_by: string
  readonly starts_at: string | null
}

/** An alert as it was just seen. `unprocessed` is one that Alertmanager has not held against its silences yet. */
export interface SeenAlert {
  readonly fingerprint: string
  readonly startsAt: string
  readonly endsAt: string | null
  readonly status: "unprocessed" | "firing" | "suppressed" | "resolved"
  readonly labels: Readonly<Record<string, string>>
  readonly silences: ReadonlyArray<MatchingSilence>
}

/** An alert that goes on. */
export interface KnownAlert {
  readonly fingerprint: string
  readonly startsAt: string
  readonly status: "firing" | "suppressed"
  readonly labels: Readonly<Record<string, string>>
  /** The silence that suppressed it last. */
  readonly silence: string | null
  /** When it was first missed, and in how many polls in a row. Not remembered. */
  readonly missed: { readonly sinceMs: number; readonly polls: number } | null
}

/** Alerts that go on, by {@link keyOf}. */
export type KnownAlerts = ReadonlyMap<string, KnownAlert>

/** One change. `mark` tells it from others of the same alert to the same status. */
export interface Transition {
  readonly alert: SeenAlert & { readonly status: "firing" | "suppressed" | "resolved" }
  readonly mark: string
}

export const keyOf = (alert: { readonly fingerprint: string; readonly startsAt: string }): string =>
  `${alert.fingerprint} ${alert.startsAt}`

/** Times as both of Alertmanager's interfaces have them: one gives nanoseconds, the other cuts them off. */
export const normalTime = (text: string): string | null => {
  const ms = Date.parse(text)
  return Number.isFinite(ms) ? new Date(ms).toISOString() : null
}

interface Step {
  /** Null once it is over, or where it is not known yet. */
  readonly next: KnownAlert | null
  readonly transition: Transition | null
}

/** What seeing one alert changes. */
export const seeAlert = (known: KnownAlert | null, seen: SeenAlert): Step => {
  const { status } = seen
  if (status === "unprocessed") return { next: known === null ? null : { ...known, missed: null }, transition: null }
  if (status === "resolved") return { next: null, transition: { alert: { ...seen, status }, mark: "" } }
  const before = known?.silence ?? null
  const silence = status === "suppressed" ? (seen.silences[0]?.id ?? before) : before
  const { fingerprint, labels, startsAt } = seen
  const next: KnownAlert = { fingerprint, startsAt, status, labels, silence, missed: null }
  // An alert that fires again after a silence is told as such, and with the same mark after a restart.
  return { next, transition: known?.status === status ? null : { alert: { ...seen, status }, mark: silence ?? "" } }
}

const endAlert = ({ fingerprint, labels, startsAt }: KnownAlert, endsAt: string): Step => ({
  next: null,
  transition: { alert: { fingerprint, startsAt, endsAt, labels, status: "resolved", silences: [] }, mark: "" }
})

// One poll may have met a moment between two states; two have not.
const missedPollsMax = 2

const missAlert = (known: KnownAlert, nowMs: number): Step => {
  const missed = { sinceMs: known.missed?.sinceMs ?? nowMs, polls: (known.missed?.polls ?? 0) + 1 }
  if (missed.polls < missedPollsMax) return { next: { ...known, missed }, transition: null }
  return endAlert(known, new Date(missed.sinceMs).toISOString())
}

/** What a complete list of all alerts changes. Only where it is `settled` does an alert that is not on it count as missed. */
export const reconcileAlerts = (
  known: KnownAlerts,
  list: ReadonlyArray<SeenAlert>,
  { nowMs, settled }: { readonly nowMs: number; readonly settled: boolean }
): { readonly known: KnownAlerts; readonly transitions: ReadonlyArray<Transition> } => {
  const seen = new Map(list.map((alert) => [keyOf(alert), alert]))
  const starts = new Map(list.map(({ fingerprint, startsAt }) => [fingerprint, startsAt]))
  const steps = [
    ...[...known].flatMap(([key, alert]): Array<readonly [string, Step]> => {
      if (seen.has(key)) return []
      // Alertmanager knows one alert of these labels: the one before is over, and that is told first.
      const successor = starts.get(alert.fingerprint)
      if (successor !== undefined && successor > alert.startsAt) return [[key, endAlert(alert, successor)]]
      return [[key, settled ? missAlert(alert, nowMs) : { next: alert, transition: null }]]
    }),
    ...[...seen].map(([key, alert]) => [key, seeAlert(known.get(key) ?? null, alert)] as const)
  ]
  return {
    known: new Map(steps.flatMap(([key, { next }]) => (next === null ? [] : [[key, next] as const]))),
    transitions: steps.flatMap(([, { transition }]) => (transition === null ? [] : [transition]))
  }
}
