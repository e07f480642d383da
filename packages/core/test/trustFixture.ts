/** What tests of rotation, recovery, forks and revocation have in common. */
import { assert } from "@effect/vitest"
import { Effect, Result } from "effect"
import { Ledger } from "../src/farm/Ledger.ts"
import { type IntakeAnswer, ProofIntake } from "../src/farm/ProofIntake.ts"
import { replayLedger } from "../src/farm/rebuildProjection.ts"
import { changedTables, dumpLedger } from "./ledgerDump.ts"

/** What became of a line, in a word. */
export const wordOf = (answer: IntakeAnswer): string =>
  Result.isFailure(answer) ? answer.failure.code : answer.success.already ? "already" : "accepted"

/** Sends lines as one batch; a word for each. */
export const send = Effect.fnUntraced(function* (...lines: ReadonlyArray<string>) {
  const answers = yield* (yield* ProofIntake).acceptBatch(lines)
  return answers.map(wordOf)
})

/** Sends lines that must all be taken. */
export const sendAll = Effect.fnUntraced(function* (lines: ReadonlyArray<string>) {
  const words = yield* send(...lines)
  assert.deepStrictEqual([...new Set(words)], lines.length === 0 ? [] : ["accepted"])
})

/** Asserts that a line is refused with a code, and that nothing but the named tables changes by a byte. */
export const refused = Effect.fnUntraced(function* (line: string, code: string, changes: ReadonlyArray<string> = []) {
  const before = yield* dumpLedger
  assert.deepStrictEqual(yield* send(line), [code])
  assert.deepStrictEqual(changedTables(before, yield* dumpLedger), changes, code)
})

/** Asserts that a replay of the stored lines gives what is stored, byte for byte. */
export const assertReplays = Effect.gen(function* () {
  assert.deepInclude(yield* replayLedger(), { sums_equal: true, rewards_differ: 0, voids_differ: 0 })
})

/** The proofs of one agent as the API lists them, oldest first. */
export const listed = Effect.fnUntraced(function* (agentId: string) {
  const { proofs } = yield* (yield* Ledger).page({ limit: 100, cursor: null, agentId })
  return proofs.toReversed()
})
