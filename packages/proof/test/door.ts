/** Programs beside the tests: the conformance door, the generators of vectors, the verifier in Python. */
import { spawnSync } from "node:child_process"
import { assert } from "@effect/vitest"
import { repositoryRoot } from "./vectors.ts"

/** Runs a program to its end. */
export const run = (command: string, args: ReadonlyArray<string>, input: string | Uint8Array = "") => {
  const { error, status, stderr, stdout } = spawnSync(command, args, { cwd: repositoryRoot, input, encoding: "utf8" })
  return { missing: error !== undefined, status, stderr, stdout }
}

/** A script of the repository, to be given to {@link run}. */
export const script = (...args: ReadonlyArray<string>) =>
  [process.execPath, ["--conditions=@farmops/source", ...args]] as const

/** Sends lines through the door and gives the verdicts back. */
export const ask = (args: ReadonlyArray<string>, lines: ReadonlyArray<unknown>) => {
  const text = lines.map((line) => `${typeof line === "string" ? line : JSON.stringify(line)}\n`).join("")
  const { status, stderr, stdout } = run(...script("conformance/main.ts", ...args), text)
  assert.strictEqual(status, 0, stderr)
  const answers: ReadonlyArray<Record<string, unknown>> = stdout
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line))
  assert.lengthOf(answers, lines.length)
  return answers
}
