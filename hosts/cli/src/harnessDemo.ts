/** `farmops harness demo`: the harness at work on a stand-in for GitHub, without a key, a network or anything to install. */
import { readdirSync } from "node:fs"
import { resolve } from "node:path"
import { NodeServices } from "@effect/platform-node"
import { exitCodes } from "@farmops/core/host/exitCodes"
import { Effect, FileSystem, Logger, Option } from "effect"
import { CommandFailed } from "./CommandFailed.ts"
import type { RuledOn, TriagedIssue } from "./demo/findTriaged.ts"
import { type DemoProgress, type DemoReport, runDemo } from "./demo/runDemo.ts"
import { printable } from "./drawTable.ts"
import { orCommandFailed } from "./harnessFailure.ts"
import { Printer } from "./Printer.ts"

const failed = (code: string, detail: string, exitCode: number, cure: string | null = null) =>
  new CommandFailed({ code, detail, cure, exitCode })

const isEmptyOrNew = (folder: string): boolean => {
  try {
    return readdirSync(folder).length === 0
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "ENOENT"
  }
}

/** The named folder, which stays, or one that goes with the scope. */
const openFolder = Effect.fnUntraced(function* (keep: Option.Option<string>, cwd: string) {
  const fs = yield* FileSystem.FileSystem
  const unusable = (what: string) => failed("folder_unusable", `${what} cannot be made.`, exitCodes.io)
  if (Option.isNone(keep)) {
    return yield* Effect.mapError(fs.makeTempDirectoryScoped({ prefix: "farmops-demo-" }), () =>
      unusable("a temporary folder")
    )
  }
  const folder = resolve(cwd, keep.value)
  if (!isEmptyOrNew(folder)) {
    const detail = `${folder} is not an empty folder.`
    return yield* failed("folder_in_use", detail, exitCodes.usage, "Name one that is not there yet.")
  }
  yield* Effect.mapError(fs.makeDirectory(folder, { recursive: true, mode: 0o700 }), () => unusable(folder))
  return folder
})

const outcomes: Readonly<Record<string, string>> = {
  done: "allowed, and done",
  shadow: "allowed, and only thought through"
}

const actionLines = ({ action, state, why }: RuledOn): ReadonlyArray<string> => {
  const what = "label" in action ? `${action.type} ${action.label}` : action.type
  return [`     policy:   ${what}: ${outcomes[state] ?? state}`, ...(why === null ? [] : [`               (${why})`])]
}

const counted = (n: number, one: string, many: string): string => `${n} ${n === 1 ? one : many}`

const standing = ({ comments, labels }: Pick<TriagedIssue, "comments" | "labels">): string =>
  `${labels.length === 0 ? "no label" : `label ${labels.join(", ")}`}, ${counted(comments, "comment", "comments")}`

const agentLines = ({ decision, leftAlone, rationale }: TriagedIssue): ReadonlyArray<string> => {
  if (leftAlone !== null) return ["     agent:    not asked", `     policy:   left alone: ${leftAlone.why}`]
  const because = rationale === null ? "" : ` (${rationale})`
  return [`     agent:    ${decision ?? "gave no decision"}${because}`]
}

const issueLines = (issue: TriagedIssue): ReadonlyArray<string> => [
  "",
  `#${issue.number}  ${JSON.stringify(issue.title)} by ${issue.author}`,
  ...agentLines(issue),
  ...issue.actions.flatMap(actionLines),
  `     now:      ${standing(issue)}`
]

const verifiedLine = ({ chainFault, decisions, faults, ok, proofs }: DemoReport["verified"]): string =>
  ok
    ? `verify   ${counted(decisions, "decision", "decisions")}, ${counted(proofs, "signed proof", "signed proofs")}: the chain is whole, and no row was rewritten`
    : `verify   does not hold: ${chainFault ?? faults.map(({ fault }) => fault).join(", ")}`

const undoLines = ({ after, undoing }: DemoReport): ReadonlyArray<string> => [
  `undo     ${counted(undoing.undone, "action", "actions")} taken back${undoing.left.length === 0 ? "" : `, ${undoing.left.length} left`}`,
  ...after.map(
    ({ comments, labels, number }) => `         #${number}: ${standing({ comments: comments.length, labels })}`
  )
]

const endLines = (report: DemoReport, kept: string | null): ReadonlyArray<string> => [
  "",
  verifiedLine(report.verified),
  ...undoLines(report),
  "",
  kept === null
    ? "Nothing of it is left on this machine (--keep FOLDER keeps the file and the log)."
    : `The file and the log are in ${kept}.`,
  "For a repository of yours: farmops harness init"
]

const dataOf = ({ after, ...rest }: DemoReport, folder: string | null) => ({
  ...rest,
  after: after.map(({ comments, labels, number, state }) => ({ number, state, labels, comments: comments.length })),
  folder
})

const isSound = ({ undoing, verified }: DemoReport): boolean => verified.ok && undoing.left.length === 0

const linesAsItGoes = (line: (text: string) => Effect.Effect<void>): DemoProgress => ({
  began: (repository, url) =>
    line(`A stand-in for GitHub with ${repository} listens on ${url}. The harness at work is a real one:`),
  opened: () => Effect.void,
  triaged: (issue) => Effect.forEach(issueLines(issue), (text) => line(printable(text)), { discard: true })
})

const silent: DemoProgress = { began: () => Effect.void, opened: () => Effect.void, triaged: () => Effect.void }

/** Runs the command. Fails where the demonstration shows something else than it should. */
export const harnessDemo = Effect.fn("harnessDemo")(
  function* ({ cwd, keep }: { readonly keep: Option.Option<string>; readonly cwd: string }) {
    const printer = yield* Printer
    const folder = yield* openFolder(keep, cwd)
    const kept = Option.isNone(keep) ? null : folder
    const found = yield* runDemo(folder, printer.json ? silent : linesAsItGoes(printer.line))
    if (printer.json) yield* printer.data(dataOf(found, kept))
    else for (const text of endLines(found, kept)) yield* printer.line(text)
    if (isSound(found)) return
    return yield* failed("demo_unsound", "the demonstration did not end as it should.", exitCodes.software)
  },
  orCommandFailed,
  // The harness's log is for who runs one.
  Effect.provide(Logger.layer([])),
  Effect.scoped,
  Effect.provide(NodeServices.layer)
)
