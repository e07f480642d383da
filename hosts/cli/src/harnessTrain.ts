/** `farmops harness train`: lets the classifier learn from the issues that a repository's people labelled. */
import { mkdir } from "node:fs/promises"
import { dirname } from "node:path"
import { NodeServices } from "@effect/platform-node"
import { exitCodes } from "@farmops/core/host/exitCodes"
import { classifierFileOf, layerReads } from "@farmops/harness/layer"
import { encodeClassifier } from "@farmops/triage/minds/classifier/Classifier"
import { trainClassifier } from "@farmops/triage/minds/classifier/trainClassifier"
import { isLesson, lessonsOf } from "@farmops/triage/review/labelledIssues"
import { readHistory } from "@farmops/triage/review/readHistory"
import { Effect } from "effect"
import { CommandFailed } from "./CommandFailed.ts"
import { orCommandFailed } from "./harnessFailure.ts"
import { findRepository, type HarnessPlace, loadHarnessFile } from "./harnessPlace.ts"
import { Printer } from "./Printer.ts"
import { percent } from "./shares.ts"
import { terminalBar } from "./terminalBar.ts"
import { writeWhole } from "./writeWhole.ts"

const makeFolder = (path: string) =>
  Effect.tryPromise({
    try: () => mkdir(path, { recursive: true, mode: 0o700 }),
    catch: () =>
      new CommandFailed({
        code: "unwritable",
        detail: `the folder ${path} cannot be made.`,
        cure: null,
        exitCode: exitCodes.io
      })
  })

/** Runs the command. Only reads from GitHub; the file is replaced whole, or not at all. */
export const harnessTrain = Effect.fn("harnessTrain")(
  function* (options: HarnessPlace & { readonly repository: string; readonly last: number }) {
    const printer = yield* Printer
    const file = yield* loadHarnessFile(options)
    const { rules } = yield* findRepository(file, options.repository)
    const configured = Object.keys(rules.labels)
    const bar = terminalBar("reading", process.stderr.isTTY && !printer.json)
    const issues = yield* readHistory({
      repo: rules.repo,
      issuesMax: options.last,
      isWanted: (issue) => isLesson(issue, configured),
      progress: bar.report
    }).pipe(Effect.provide(layerReads(file)), Effect.ensuring(bar.clear))
    const classifier = yield* trainClassifier(lessonsOf(rules.repo, issues, configured))
    const target = classifierFileOf(file, rules.repo)
    yield* makeFolder(dirname(target))
    yield* writeWhole(target, encodeClassifier(classifier))
    const { accuracy } = classifier.report
    const { labels } = classifier
    if (printer.json) return yield* printer.data({ file: target, issues: issues.length, labels, accuracy })
    yield* printer.line(
      `learned ${labels.join(", ")} from ${issues.length} issues of ${rules.repo}; right on ${percent(accuracy)} of those left out of training`
    )
    yield* printer.note(`written to ${target}; \`mind: classifier\` uses it`)
  },
  orCommandFailed,
  Effect.provide(NodeServices.layer)
)
