/** Runs commands one after another, never stops at a failure, and counts what passed. */
import { spawnSync } from "node:child_process"
import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"

export interface Step {
  readonly name: string
  readonly command: ReadonlyArray<string>
  readonly env?: Readonly<Record<string, string>>
  /** Counts the tests of a vitest command one by one; any other command counts as one. */
  readonly vitest?: boolean
  /** Why it cannot run here, or null. */
  readonly cannot?: () => string | null
  /** Stops a step that hangs, so that the others still report. */
  readonly minutesMax?: number
}

export interface StepResult {
  readonly name: string
  readonly passed: number
  readonly failed: number
  /** Why it did not run, or null when it ran. */
  readonly skipped: string | null
  readonly seconds: number
}

const count = (value: unknown, key: string): number => {
  const number = typeof value === "object" && value !== null ? (value as Record<string, unknown>)[key] : undefined
  return typeof number === "number" ? number : 0
}

const run = (step: Step): StepResult => {
  const skipped = step.cannot?.() ?? null
  if (skipped !== null) return { name: step.name, passed: 0, failed: 0, skipped, seconds: 0 }
  const folder = mkdtempSync(join(tmpdir(), "farmops-step-"))
  const report = join(folder, "report.json")
  const [command = "", ...args] = step.command
  const began = performance.now()
  const done = spawnSync(
    command,
    step.vitest === true ? [...args, "--reporter=default", "--reporter=json", `--outputFile.json=${report}`] : args,
    {
      stdio: ["ignore", "inherit", "inherit"],
      env: { ...process.env, ...step.env },
      timeout: (step.minutesMax ?? 20) * 60_000,
      killSignal: "SIGKILL"
    }
  )
  const seconds = (performance.now() - began) / 1000
  if (done.error !== undefined) console.error(`${step.name}: ${done.error.message}`)
  const ok = done.status === 0
  let passed = ok ? 1 : 0
  let failed = ok ? 0 : 1
  if (step.vitest === true) {
    try {
      const json: unknown = JSON.parse(readFileSync(report, "utf8"))
      passed = count(json, "numPassedTests")
      // A file that does not even load has no failed test, and must not vanish from the count.
      failed = Math.max(count(json, "numFailedTests"), ok ? 0 : 1)
    } catch {
      passed = 0
      failed = 1
    }
  }
  rmSync(folder, { recursive: true, force: true })
  return { name: step.name, passed, failed, skipped: null, seconds }
}

/** Runs every step and prints one line for each at the end. */
export const runSteps = (steps: ReadonlyArray<Step>): ReadonlyArray<StepResult> => {
  const results = steps.map((step) => {
    console.log(`\n── ${step.name}: ${step.command.join(" ")}`)
    const result = run(step)
    console.log(`── ${describe(result)}`)
    return result
  })
  console.log("")
  for (const result of results) console.log(describe(result))
  return results
}

const describe = ({ name, passed, failed, skipped, seconds }: StepResult): string =>
  skipped !== null
    ? `${name}: did not run: ${skipped}`
    : `${name}: ${failed === 0 ? "passed" : "FAILED"}${passed + failed > 1 ? `, ${passed} of ${passed + failed}` : ""} (${seconds.toFixed(1)} s)`

export const anyFailed = (results: ReadonlyArray<StepResult>): boolean => results.some(({ failed }) => failed > 0)
