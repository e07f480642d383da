/** `farmops tracker rules …`: by what the farm pays, a file of other rules, and paying by that. */
import { readFileSync, statSync } from "node:fs"
import { resolve } from "node:path"
import { RulesChange, RulesInForce } from "@farmops/core/farm/LedgerRules"
import { exitCodes } from "@farmops/core/host/exitCodes"
import { rulesHash } from "@farmops/core/scoring/Rules"
import { readRules, rulesFileLengthMax } from "@farmops/core/scoring/RulesFile"
import { describeRules } from "@farmops/core/scoring/ruleSettings"
import { Effect } from "effect"
import { CommandFailed } from "./CommandFailed.ts"
import { requestJson } from "./FarmConnection.ts"
import { Printer } from "./Printer.ts"
import { refuseOtherThanFile } from "./refuseOtherThanFile.ts"

/** A character of the longest file has four bytes at most. */
const fileBytesMax = 4 * rulesFileLengthMax

/** A file of rules, by its path as it was typed. */
export interface RulesPlace {
  readonly file: string
  readonly cwd: string
}

const fail = (code: string, detail: string, exitCode: number) =>
  new CommandFailed({ code, detail, cure: null, exitCode })

const readText = Effect.fnUntraced(function* ({ cwd, file }: RulesPlace) {
  const path = resolve(cwd, file)
  yield* refuseOtherThanFile(path)
  const text = yield* Effect.try({
    try: () => (statSync(path).size > fileBytesMax ? null : readFileSync(path, "utf8")),
    catch: (error) => {
      const reason = error instanceof Error && "code" in error ? error.code : "unknown"
      return fail("unreadable", `${path} cannot be read: ${reason}.`, exitCodes.io)
    }
  })
  return text ?? (yield* fail("too_large", `${path} has more than ${fileBytesMax} bytes.`, exitCodes.dataInvalid))
})

/** The rules of a file; what in them may not be meant goes to stderr. */
const readFile = Effect.fnUntraced(function* (place: RulesPlace) {
  const printer = yield* Printer
  const read = yield* Effect.fromResult(readRules(yield* readText(place), place.file))
  for (const { expected, found, line, path } of read.warnings) {
    yield* printer.note(`${place.file}:${line}: ${path}: ${found}; usual is ${expected}`)
  }
  return read.rules
})

/** Runs `tracker rules show`. */
export const showRules = Effect.fn("showRules")(function* () {
  const printer = yield* Printer
  const inForce = yield* requestJson("/api/v1/rules", RulesInForce)
  yield* printer.json ? printer.data(inForce) : printer.line(describeRules(inForce.rules))
})

/** Runs `tracker rules check FILE`. Asks no tracker. */
export const checkRules = Effect.fn("checkRules")(function* (place: RulesPlace) {
  const printer = yield* Printer
  const rules = yield* readFile(place)
  yield* printer.json
    ? printer.data({ ruleset_hash: rulesHash(rules), rules })
    : printer.line(`ok\n\n${describeRules(rules)}`)
})

/** Runs `tracker rules set FILE`. Needs the owner's token. */
export const setRules = Effect.fn("setRules")(function* (place: RulesPlace) {
  const printer = yield* Printer
  const body = yield* readFile(place)
  const changed = yield* requestJson("/api/v1/rules", RulesChange, { method: "PUT", asOwner: true, body })
  if (printer.json) return yield* printer.data(changed)
  if (changed.event === null) return yield* printer.line("the farm pays by these rules already")
  for (const { after, before, path } of changed.changes) yield* printer.line(`${path}: ${before} → ${after}`)
  yield* printer.line(`from line ${changed.event.position + 1} of the ledger on; what was paid stays paid`)
})
