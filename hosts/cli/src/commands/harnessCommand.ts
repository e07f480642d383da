/** `farmops harness …`. Each subcommand is a constant of its own, and listed once, at the end. */
import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { type Invocation, withPrinter } from "./rootCommand.ts"

const config = Flag.String("config").pipe(Flag.withMetavar("FILE"), Flag.withDescription("The harness's YAML file"))

const repository = Argument.String("owner/repo")

const lastFlag = (fallback: number, most: number, what: string) =>
  Flag.Int("last").pipe(
    Flag.withMetavar("N"),
    Flag.withDescription(what),
    Flag.withSchema(Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: most }))),
    Flag.withDefault(fallback)
  )

const mind = Flag.Literals("mind", ["keyword", "classifier", "llm"]).pipe(
  Flag.withDescription("Who is asked (the mind of the file)"),
  Flag.optional
)

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

const train = ({ cwd, environment }: Invocation) =>
  Command.make(
    "train",
    { config, last: lastFlag(2_000, 10_000, "How many labelled issues, from the newest back (2000)"), repository },
    (flags) =>
      withPrinter(
        Effect.flatMap(
          Effect.promise(() => import("../harnessTrain.ts")),
          ({ harnessTrain }) => harnessTrain({ ...flags, cwd, environment })
        )
      )
  ).pipe(Command.withDescription("Let the classifier learn from the issues that the repository's people labelled"))

const backtest = ({ cwd, environment }: Invocation) =>
  Command.make(
    "backtest",
    { config, last: lastFlag(50, 1_000, "How many issues, from the newest back (50)"), mind, repository },
    (flags) =>
      withPrinter(
        Effect.flatMap(
          Effect.promise(() => import("../harnessBacktest.ts")),
          ({ harnessBacktest }) => harnessBacktest({ ...flags, cwd, environment })
        )
      )
  ).pipe(Command.withDescription("Hold a mind against what the maintainer did with past issues; nothing is written"))

const report = ({ cwd, environment }: Invocation) =>
  Command.make(
    "report",
    { config, last: lastFlag(200, 1_000, "How many issues of each repository, from the newest decision back (200)") },
    (flags) =>
      withPrinter(
        Effect.flatMap(
          Effect.promise(() => import("../harnessReport.ts")),
          ({ harnessReport }) => harnessReport({ ...flags, cwd, environment })
        )
      )
  ).pipe(Command.withDescription("How far the maintainers agreed, and the line of the file that lets it act"))

const replay = ({ cwd, environment }: Invocation) =>
  Command.make(
    "replay",
    {
      config,
      last: lastFlag(50, 1_000, "How many recorded tasks, from the newest back (50)"),
      mind,
      model: Flag.String("model").pipe(
        Flag.withMetavar("NAME"),
        Flag.withDescription("Another model of the file's provider"),
        Flag.optional
      ),
      prompt: Flag.String("prompt").pipe(
        Flag.withMetavar("FILE"),
        Flag.withDescription(
          "Other instructions for the model; labels and the fence around strangers' words are added"
        ),
        Flag.optional
      )
    },
    (flags) =>
      withPrinter(
        Effect.flatMap(
          Effect.promise(() => import("../harnessReplay.ts")),
          ({ harnessReplay }) => harnessReplay({ ...flags, cwd, environment })
        )
      )
  ).pipe(Command.withDescription("Ask about recorded tasks again and show what would be decided otherwise"))

const memory = ({ cwd, environment }: Invocation) =>
  Command.make("memory").pipe(
    Command.withDescription("What agents are told of earlier decisions"),
    Command.withSubcommands([
      Command.make("rebuild", { config }, (flags) =>
        withPrinter(
          Effect.flatMap(
            Effect.promise(() => import("../harnessMemory.ts")),
            ({ rebuildMemory }) => rebuildMemory({ ...flags, cwd, environment })
          )
        )
      ).pipe(Command.withDescription("Make all summaries anew from the log"))
    ])
  )

const key = Argument.String("key")

/** A subcommand that is told the file alone. */
const onFile = <E, R>(
  name: string,
  what: string,
  { cwd, environment }: Invocation,
  run: (options: {
    readonly config: string
    readonly cwd: string
    readonly environment: Invocation["environment"]
  }) => Effect.Effect<void, E, R>
) =>
  Command.make(name, { config }, (flags) => withPrinter(run({ ...flags, cwd, environment }))).pipe(
    Command.withDescription(what)
  )

const init = ({ cwd, environment }: Invocation) =>
  Command.make(
    "init",
    {
      repository,
      file: Flag.String("file").pipe(
        Flag.withMetavar("FILE"),
        Flag.withDescription("What is written (harness.yaml)"),
        Flag.withDefault("harness.yaml")
      ),
      mind: Flag.Literals("mind", ["keyword", "classifier", "llm"]).pipe(
        Flag.withDescription("What decides: words, what the repository taught, or a model (keyword)"),
        Flag.withDefault("keyword")
      ),
      apiUrl: Flag.String("api-url").pipe(
        Flag.withMetavar("URL"),
        Flag.withDescription("GitHub's REST API, for an Enterprise Server"),
        Flag.optional
      ),
      force: Flag.Boolean("force").pipe(Flag.withDescription("Write over the file"), Flag.withDefault(false))
    },
    (flags) =>
      withPrinter(
        Effect.flatMap(
          Effect.promise(() => import("../harnessInit.ts")),
          ({ harnessInit }) => harnessInit({ ...flags, cwd, environment })
        )
      )
  ).pipe(
    Command.withDescription("Write the file for a repository, with GITHUB_TOKEN of the bot's account; all in shadow")
  )

const doctors = Effect.promise(() => import("../harnessDoctor.ts"))
const actions = Effect.promise(() => import("../harnessActions.ts"))

const check = (invocation: Invocation) =>
  onFile("check", "Is the file sound; asks nobody", invocation, (options) =>
    Effect.flatMap(doctors, ({ harnessCheck }) => harnessCheck(options))
  )

const doctor = (invocation: Invocation) =>
  onFile("doctor", "Would everything that the file names do its part; changes nothing", invocation, (options) =>
    Effect.flatMap(doctors, ({ harnessDoctor }) => harnessDoctor(options))
  )

const status = (invocation: Invocation) =>
  onFile("status", "What waits, what may still be done, what it cost, what needs you", invocation, (options) =>
    Effect.flatMap(
      Effect.promise(() => import("../harnessStatus.ts")),
      ({ harnessStatus }) => harnessStatus(options)
    )
  )

const run = ({ cwd, environment }: Invocation) =>
  Command.make(
    "run",
    {
      config,
      port: Flag.Int("port").pipe(
        Flag.withMetavar("N"),
        Flag.withDescription("Of /healthcheck and /metrics, on loopback (8446; 0: a free one)"),
        Flag.withSchema(Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 65_535 }))),
        Flag.withDefault(8446)
      )
    },
    (flags) =>
      withPrinter(
        Effect.flatMap(
          Effect.promise(() => import("../harnessRun.ts")),
          ({ harnessRun }) => harnessRun({ ...flags, cwd, environment })
        )
      )
  ).pipe(Command.withDescription("Look after the file's repositories until it is stopped"))

const approve = ({ cwd, environment }: Invocation) =>
  Command.make("approve", { config, key }, (flags) =>
    withPrinter(Effect.flatMap(actions, ({ harnessApprove }) => harnessApprove({ ...flags, cwd, environment })))
  ).pipe(Command.withDescription("Agree to what was proposed"))

const undo = ({ cwd, environment }: Invocation) =>
  Command.make(
    "undo",
    {
      config,
      batch: Flag.String("batch").pipe(Flag.withMetavar("NAME"), Flag.withDescription("As `status` lists it: a day"))
    },
    (flags) => withPrinter(Effect.flatMap(actions, ({ harnessUndo }) => harnessUndo({ ...flags, cwd, environment })))
  ).pipe(Command.withDescription("Take back what a batch changed on GitHub, where nobody has touched it since"))

const verify = ({ cwd, environment }: Invocation) =>
  Command.make(
    "verify",
    {
      config,
      publicKey: Flag.String("public-key").pipe(
        Flag.withMetavar("HEX"),
        Flag.withDescription("With which the chain began (that of the memory's folder)"),
        Flag.optional
      )
    },
    (flags) =>
      withPrinter(Effect.flatMap(actions, ({ harnessVerify }) => harnessVerify({ ...flags, cwd, environment })))
  ).pipe(Command.withDescription("Hold the log of decisions against its proofs"))

/** The co-maintainer of issues: what it would do, what it did, and how good that was. */
export const harnessCommand = (invocation: Invocation) =>
  Command.make("harness").pipe(
    Command.withDescription("Let an agent triage issues, and look at what it does"),
    Command.withSubcommands([
      init(invocation),
      check(invocation),
      doctor(invocation),
      run(invocation),
      status(invocation),
      approve(invocation),
      undo(invocation),
      verify(invocation),
      backtest(invocation),
      report(invocation),
      replay(invocation),
      train(invocation),
      evaluate(invocation),
      memory(invocation)
    ])
  )
