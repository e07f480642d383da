/** What the conformance kit found out about a plugin, for programs and for people. */

/** `skipped` was not looked at; its reason says what would have been needed. */
export type Outcome = "passed" | "failed" | "skipped"

/** One question and its answer. */
export interface CheckResult {
  /** Stable: scripts may rely on it. A golden verdict's is `golden/` and its file. */
  readonly name: string
  readonly outcome: Outcome
  /** What a plugin is expected to do. */
  readonly expected: string
  /** Why it failed or was skipped; null where it passed. May quote the plugin. */
  readonly reason: string | null
}

/** All of them, in the order in which they were asked. */
export interface ConformanceReport {
  readonly plugin: { readonly id: string; readonly version: string } | null
  readonly passed: number
  readonly failed: number
  readonly skipped: number
  readonly checks: ReadonlyArray<CheckResult>
}

/** Counts. */
export const makeReport = (
  plugin: ConformanceReport["plugin"],
  checks: ReadonlyArray<CheckResult>
): ConformanceReport => {
  const count = (outcome: Outcome) => checks.filter((check) => check.outcome === outcome).length
  return { plugin, passed: count("passed"), failed: count("failed"), skipped: count("skipped"), checks }
}

const marks: Readonly<Record<Outcome, string>> = { passed: "ok  ", failed: "FAIL", skipped: "skip" }

// The plugin's own words are quoted: they may not draw on the terminal.
const oneLine = (text: string) => text.replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, " ")

/** The report as lines of text. */
export const drawReport = ({ checks, failed, passed, plugin, skipped }: ConformanceReport): ReadonlyArray<string> => [
  plugin === null ? "a plugin that did not describe itself" : oneLine(`${plugin.id} ${plugin.version}`),
  ...checks.flatMap(({ expected, name, outcome, reason }) => [
    `${marks[outcome]}  ${name}: ${expected}`,
    ...(reason === null ? [] : [`      ${oneLine(reason)}`])
  ]),
  `${passed} passed, ${failed} failed, ${skipped} skipped`
]
