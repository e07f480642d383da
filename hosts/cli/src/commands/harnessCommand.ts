/** `farmops harness …`. Each subcommand is a constant of its own, and listed once, at the end. */
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Effect from "effect/Effect"
import { type Invocation, withPrinter } from "./rootCommand.ts"

const issuesFile = (name: string, what: string) =>
  Flag.String(name).pipe(
    Flag.withMetavar("FILE"),
    Flag.withDescription(`${what}: a JSON array of {repo, label, title, body}, as it is or gzipped`)
  )

const evaluate = ({ cwd }: Invocation) =>
  Command.make(
    "evaluate",
    { train: issuesFile("train", "Issues to learn from"), test: issuesFile("test", "Issues to be measured on") },
    (flags) =>
      withPrinter(
        Effect.flatMap(
          Effect.promise(() => import("../harnessEvaluate.ts")),
          ({ harnessEvaluate }) => harnessEvaluate({ ...flags, cwd })
        )
      )
  ).pipe(Command.withDescription("Train a classifier on one file of issues and measure it on another"))

/** The co-maintainer of issues: what it would do, what it did, and how good that was. */
export const harnessCommand = (invocation: Invocation) =>
  Command.make("harness").pipe(
    Command.withDescription("Let an agent triage issues, and look at what it does"),
    Command.withSubcommands([
      // Add a subcommand here.
      evaluate(invocation)
    ])
  )
