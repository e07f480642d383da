/** `farmops plugin …`. */
import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { type Invocation, withPrinter } from "./rootCommand.ts"

/** For those who write plugins. */
export const pluginCommand = (invocation: Invocation) =>
  Command.make("plugin").pipe(
    Command.withDescription("Help those who write plugins"),
    Command.withSubcommands([
      Command.make(
        "new",
        {
          id: Argument.String("name").pipe(Argument.withDescription("NAME or SCOPE/NAME; the folder is NAME")),
          language: Flag.Literals("lang", ["ts", "python", "go"]).pipe(
            Flag.withDescription("The language to write it in"),
            Flag.withDefault("ts")
          )
        },
        (flags) =>
          withPrinter(
            Effect.flatMap(
              Effect.promise(() => import("../pluginNew.ts")),
              ({ newPlugin }) => newPlugin({ ...flags, cwd: invocation.cwd })
            )
          )
      ).pipe(
        Command.withDescription("Begin a plugin: a project whose tests pass"),
        Command.withExamples([{ command: "farmops plugin new acme/restore-drill", description: "In TypeScript" }])
      ),
      Command.make(
        "dev",
        {
          command: Argument.String("command").pipe(
            Argument.withDescription("The plugin's program and its arguments, after --"),
            Argument.variadic()
          ),
          observations: Flag.String("observation").pipe(
            Flag.withMetavar("FILE"),
            Flag.withDescription(
              "A recorded observation, as in golden/; again for more; - reads one a line from stdin"
            ),
            Flag.atLeast(0)
          ),
          config: Flag.String("config").pipe(
            Flag.withMetavar("FILE"),
            Flag.withDescription("Instead: an agent's configuration file, one of whose sources is watched"),
            Flag.optional
          ),
          source: Flag.String("source").pipe(
            Flag.withMetavar("NAME"),
            Flag.withDescription("The source of that file; nothing that it sees is stored or signed by the agent"),
            Flag.optional
          ),
          count: Flag.Int("count").pipe(
            Flag.withMetavar("N"),
            Flag.withDescription("Ends after so many observations of the source (Ctrl-C ends it too)"),
            Flag.filter(
              (count) => count > 0,
              () => "--count takes a whole number from 1"
            ),
            Flag.optional
          ),
          watch: Flag.Boolean("watch").pipe(
            Flag.withDescription("Play them again whenever a file here changes, until Ctrl-C"),
            Flag.withDefault(false)
          )
        },
        (flags) =>
          withPrinter(
            Effect.flatMap(
              Effect.promise(() => import("../pluginDev.ts")),
              ({ devPlugin }) =>
                devPlugin({
                  ...flags,
                  config: Option.getOrNull(flags.config),
                  source: Option.getOrNull(flags.source),
                  count: Option.getOrNull(flags.count),
                  cwd: invocation.cwd,
                  environment: invocation.environment
                })
            )
          )
      ).pipe(
        Command.withDescription("Show what a plugin makes of observations, and what would leave the cluster"),
        Command.withExamples([
          {
            command: "farmops plugin dev --observation golden/failed.json -- node src/main.ts",
            description: "One recorded observation"
          },
          {
            command: "farmops plugin dev --config agent.yaml --source alerts -- node src/main.ts",
            description: "What a source of an agent sees now"
          }
        ])
      ),
      Command.make(
        "test",
        {
          command: Argument.String("command").pipe(
            Argument.withDescription("The plugin's program and its arguments, after --"),
            Argument.variadic()
          ),
          socket: Flag.String("socket").pipe(
            Flag.withMetavar("PATH"),
            Flag.withDescription("A plugin that listens already; FARMOPS_PLUGIN_TOKEN is the token that it expects"),
            Flag.optional
          ),
          wasm: Flag.String("wasm").pipe(
            Flag.withMetavar("FILE"),
            Flag.withDescription("A WebAssembly module"),
            Flag.optional
          ),
          golden: Flag.String("golden").pipe(
            Flag.withMetavar("DIR"),
            Flag.withDescription("Golden verdicts, one JSON file each; without them fewer checks say something"),
            Flag.optional
          )
        },
        (flags) =>
          withPrinter(
            Effect.flatMap(
              Effect.promise(() => import("../pluginTest.ts")),
              ({ pluginTest }) => pluginTest({ ...flags, token: invocation.pluginToken, cwd: invocation.cwd })
            )
          )
      ).pipe(
        Command.withDescription("Ask a plugin, in any language, everything that an agent relies on"),
        Command.withExamples([
          { command: "farmops plugin test --golden golden -- python3 plugin.py", description: "A program" },
          { command: "farmops plugin test --socket /run/plugins/drills.sock", description: "One that listens already" },
          {
            command: "farmops plugin test --golden golden --wasm restore-drill.wasm",
            description: "A WebAssembly module"
          }
        ])
      )
    ])
  )
