/** Whether one more action still is within the bounds of the issue, the repository and the whole harness. */
import type { ActionType, Caps, TriageRules } from "../TriageRules.ts"
import type { DenialReason } from "./denialReasons.ts"
import type { DoneBefore, Tally } from "./TriageSituation.ts"

/** What the decision at hand was granted so far. */
export interface Granted {
  readonly actions: number
  readonly closes: number
}

const codes = {
  repository: { hour: "cap_hour", day: "cap_day", closes: "cap_closes", money: "cap_money" },
  harness: {
    hour: "cap_harness_hour",
    day: "cap_harness_day",
    closes: "cap_harness_closes",
    money: "cap_harness_money"
  }
} as const

const judgeMoney = (caps: Caps, tally: Tally, whose: keyof typeof codes): DenialReason | null =>
  caps.microUsdPerDay !== null && tally.microUsdToday >= caps.microUsdPerDay ? codes[whose].money : null

const judgeTally = (
  caps: Caps,
  tally: Tally,
  granted: Granted,
  type: ActionType,
  whose: keyof typeof codes
): DenialReason | null => {
  if (tally.actionsLastHour + granted.actions >= caps.actionsPerHour) return codes[whose].hour
  if (tally.actionsLastDay + granted.actions >= caps.actionsPerDay) return codes[whose].day
  const closes = type === "close" && tally.closesLastDay + granted.closes >= caps.closesPerDay
  return closes ? codes[whose].closes : judgeMoney(caps, tally, whose)
}

/** The bound that one more action of this type would break; null where there is room. */
export const judgeCaps = (
  type: ActionType,
  granted: Granted,
  done: DoneBefore,
  rules: TriageRules
): DenialReason | null =>
  done.issue.actions + granted.actions >= rules.actionsPerIssue
    ? "cap_issue"
    : (judgeTally(rules.caps, done.repository, granted, type, "repository") ??
      judgeTally(rules.capsOfHarness, done.harness, granted, type, "harness"))

/**
 * The bound that would make a decision worthless before its agent is asked; null where it is worth asking. Its task then waits:
 * nothing is lost but time. Money counts whatever the modes, since a model costs the same in shadow.
 */
export const judgeAsking = (
  done: Pick<DoneBefore, "repository" | "harness">,
  rules: TriageRules
): DenialReason | null => {
  const money =
    judgeMoney(rules.caps, done.repository, "repository") ?? judgeMoney(rules.capsOfHarness, done.harness, "harness")
  const acts = !rules.dryRun && Object.values(rules.modes).includes("live")
  if (money !== null || !acts) return money
  const none = { actions: 0, closes: 0 }
  return (
    judgeTally(rules.caps, done.repository, none, "comment", "repository") ??
    judgeTally(rules.capsOfHarness, done.harness, none, "comment", "harness")
  )
}
