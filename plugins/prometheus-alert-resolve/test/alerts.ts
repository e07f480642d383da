/** An alert of an Alertmanager over time, with names that must not get out. */

/** Minutes after the story's begin. */
export const at = (minutes: number): string => new Date(Date.UTC(2026, 1, 21, 9, 0) + minutes * 60_000).toISOString()

export interface AlertChanges {
  readonly severity?: string
  /** When this firing began. */
  readonly began?: number
  readonly ended?: number | null
  /** When the silences began that match it. */
  readonly silenced?: ReadonlyArray<number>
}

const alert = (
  status: string,
  minute: number,
  { began = 0, ended = null, severity = "critical", silenced = [] }: AlertChanges
) => ({
  kind: "alert",
  fingerprint: "0f1c2d3e4f5a6b7c",
  status,
  starts_at: at(began),
  ends_at: ended === null ? null : at(ended),
  seen_at: at(minute),
  labels: { alertname: "MarkerDatabaseDown", instance: "marker-db-1:9100", severity },
  silences: silenced.map((minutes) => ({
    id: "marker-silence",
    created_by: "ada@marker.example",
    starts_at: at(minutes)
  }))
})

export const firing = (minute: number, changes: AlertChanges = {}) => alert("firing", minute, changes)

export const suppressed = (minute: number, silenced: ReadonlyArray<number>, changes: AlertChanges = {}) =>
  alert("suppressed", minute, { silenced, ...changes })

export const resolved = (minute: number, changes: AlertChanges = {}) =>
  alert("resolved", minute, { ended: minute, ...changes })
