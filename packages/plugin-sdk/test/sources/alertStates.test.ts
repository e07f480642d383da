import { describe, expect, it } from "@effect/vitest"
import {
  type KnownAlert,
  type KnownAlerts,
  keyOf,
  reconcileAlerts,
  type SeenAlert
} from "../../src/sources/alertmanager/alertStates.ts"
import { boundAlerts, encodeAlerts, recallAlerts } from "../../src/sources/alertmanager/rememberAlerts.ts"

const startsAt = "2026-02-03T10:00:00.000Z"
const silence = { id: "s1", created_by: "ann", starts_at: "2026-02-03T10:05:00.000Z" }
const seen = (status: SeenAlert["status"], changes: Partial<SeenAlert> = {}): SeenAlert => ({
  fingerprint: "f1",
  startsAt,
  endsAt: null,
  status,
  labels: { alertname: "BarnDown" },
  silences: status === "suppressed" ? [silence] : [],
  ...changes
})

/** Goes through lists one after another; an empty one may be of an Alertmanager that was just started. */
const through = (lists: ReadonlyArray<ReadonlyArray<SeenAlert> | "restarted">, start: KnownAlerts = new Map()) => {
  let known = start
  const told: Array<string> = []
  lists.forEach((list, index) => {
    const isSettled = list !== "restarted"
    const after = reconcileAlerts(known, isSettled ? list : [], { nowMs: index * 1000, settled: isSettled })
    known = after.known
    for (const { alert, mark } of after.transitions) told.push(`${alert.status} ${mark}`.trim())
  })
  return { known, told }
}

describe("the alerts of a list", () => {
  it("are told when they fire, are silenced and are gone from two lists", () => {
    const { known, told } = through([[seen("firing")], [seen("firing")], [seen("suppressed")], [], []])
    expect(told).toEqual(["firing", "suppressed s1", "resolved"])
    expect(known.size).toBe(0)
  })

  it("end when they were first missed", () => {
    const { known } = through([[seen("firing")]])
    const once = reconcileAlerts(known, [], { nowMs: 5_000, settled: true })
    expect(once.transitions).toEqual([])
    const twice = reconcileAlerts(once.known, [], { nowMs: 9_000, settled: true })
    expect(twice.transitions[0]?.alert).toMatchObject({ status: "resolved", endsAt: "1970-01-01T00:00:05.000Z" })
  })

  it("are not over when one list misses them, or when Alertmanager has only just started", () => {
    expect(through([[seen("firing")], [], [seen("firing")], [], [seen("firing")]]).told).toEqual(["firing"])
    const restarts = Array.from({ length: 9 }, () => "restarted" as const)
    expect(through([[seen("firing")], ...restarts, [seen("firing")], ...restarts]).told).toEqual(["firing"])
    // A list from before it started does not count with one from after.
    expect(through([[seen("firing")], [], ...restarts]).told).toEqual(["firing"])
  })

  it("keep their state while Alertmanager has not looked at its silences", () => {
    expect(through([[seen("suppressed")], [seen("unprocessed")], [seen("suppressed")]]).told).toEqual(["suppressed s1"])
    expect(through([[seen("unprocessed")], [seen("suppressed")]]).told).toEqual(["suppressed s1"])
    expect(through([[seen("firing")], [], [seen("unprocessed")], [], [seen("firing")]]).told).toEqual(["firing"])
  })

  it("fire again when a silence ends, which is another event than the first", () => {
    const back = through([[seen("firing")], [seen("suppressed")], [seen("firing")], [seen("suppressed")]])
    expect(back.told).toEqual(["firing", "suppressed s1", "firing s1", "suppressed s1"])
  })

  it("are over when the same labels fire anew, before that is told", () => {
    const anew = seen("firing", { startsAt: "2026-02-03T12:00:00.000Z" })
    expect(through([[seen("firing")], [anew], [anew]]).told).toEqual(["firing", "resolved", "firing"])
  })
})

describe("what is remembered of alerts", () => {
  it("lets a resolution be noticed that came while nobody looked, and tells nothing twice", () => {
    const { known } = through([[seen("firing")], [seen("suppressed")]])
    const recalled = recallAlerts(encodeAlerts(known))
    expect(recalled).toEqual(known)
    expect(through([[seen("suppressed")]], recalled).told).toEqual([])
    expect(through([[], []], recalled).told).toEqual(["resolved"])
    expect(through([[seen("firing")]], recalled).told).toEqual(["firing s1"])
  })

  it("is nothing where it cannot be read", () => {
    for (const text of ["", "{", "[]", '{"version":2,"alerts":[]}']) {
      expect(recallAlerts(new TextEncoder().encode(text)).size).toBe(0)
    }
    expect(recallAlerts(null).size).toBe(0)
  })

  it("is bounded in number and in bytes, and keeps the newest", () => {
    const many = new Map(
      Array.from({ length: 6_000 }, (_, index) => {
        const alert: KnownAlert = {
          fingerprint: `f${index}`,
          startsAt,
          status: "firing",
          labels: { text: "x".repeat(1_000) },
          silence: null,
          missed: null
        }
        return [keyOf(alert), alert] as const
      })
    )
    const bounded = boundAlerts(many)
    expect(bounded.size).toBe(5_000)
    const bytes = encodeAlerts(bounded)
    expect(bytes.length).toBeLessThanOrEqual(4 * 1024 * 1024)
    const recalled = recallAlerts(bytes)
    expect(recalled.size).toBeGreaterThan(1_000)
    expect(recalled.has(`f5999 ${startsAt}`)).toBe(true)
  })
})
