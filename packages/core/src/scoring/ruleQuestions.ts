/** What in valid rules can hardly be meant: no fault, and worth a question to the person who wrote it. */
import { weekdays } from "./farmDay.ts"
import type { Rules } from "./Rules.ts"

/** One such thing: a setting, what makes it odd, and what would be usual. */
export interface RuleQuestion {
  readonly key: keyof Rules
  readonly found: string
  readonly expected: string
}

/** Asks only of settings that were `given`: rules that leave one out did not mean anything by it. */
export const questionsOf = (
  rules: Rules,
  given: Readonly<Partial<Record<keyof Rules, unknown>>>
): ReadonlyArray<RuleQuestion> => {
  const questions: ReadonlyArray<readonly [boolean, RuleQuestion]> = [
    [
      rules.freezes_max === 0 && typeof given.freeze_every_days === "number",
      {
        key: "freeze_every_days",
        found: "freezes_max: 0",
        expected: "at least 1 there, or off here: no freeze can be held"
      }
    ],
    [
      rules.freeze_every_days === null && rules.freezes_max > 0 && typeof given.freezes_max === "number",
      { key: "freezes_max", found: "freeze_every_days: off", expected: "a number there: work earns no freeze" }
    ],
    [rules.daily_ceiling === 0, { key: "daily_ceiling", found: "0", expected: "more, or off: nobody can earn a coin" }],
    [
      rules.rest_days.length === weekdays.length,
      { key: "rest_days", found: "every day", expected: "at least one day left: no streak can begin" }
    ],
    [
      rules.fatigue_free === null && rules.daily_ceiling === null,
      {
        key: "daily_ceiling",
        found: "no ceiling and no fatigue",
        expected: "one of the two: a timer that does nothing would outearn everybody"
      }
    ]
  ]
  return questions.filter(([applies]) => applies).map(([, question]) => question)
}
