/** `farmops up`. */
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { type Invocation, root, withPrinter } from "./rootCommand.ts"
import { recoveryPublicKey } from "./sharedFlags.ts"

const portBase = Flag.Int("port-base").pipe(
  Flag.withMetavar("N"),
  Flag.withDescription("Tracker on N, agent on N+1, gRPC on N+2, village on N+3; 0 lets the system choose"),
  Flag.withSchema(Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 65_532 }))),
  Flag.optional
)

/** Runs a whole farm. */
export const upCommand = (invocation: Invocation) =>
  Command.make(
    "up",
    {
      repo: Flag.String("repo").pipe(
        Flag.withMetavar("PATH"),
        Flag.withDescription("The git repository whose work grows the farm (the current folder)"),
        Flag.optional
      ),
      portBase,
      recoveryPublicKey,
      sample: Flag.Boolean("sample").pipe(
        Flag.withDescription("Grow the farm from a small sample repository made for the purpose"),
        Flag.withDefault(false)
      ),
      name: Flag.String("name").pipe(Flag.withMetavar("NAME"), Flag.withDescription("The farm's name"), Flag.optional),
      village: Flag.Boolean("village").pipe(
        Flag.withDescription("Run a village too, with your farm in it"),
        Flag.withDefault(true)
      )
    },
    (flags) =>
      Effect.flatMap(root, (shared) =>
        withPrinter(
          Effect.flatMap(
            Effect.promise(() => import("../up/up.ts")),
            ({ up }) => up({ ...flags, ...invocation, data: shared.data })
          )
        )
      )
  ).pipe(
    Command.withDescription("Run a whole farm here: agent, tracker and village in one process"),
    Command.withExamples([
      { command: "farmops up", description: "Grow a farm from this repository's last 90 days" },
      { command: "farmops up --repo ~/src/app --port-base 9000", description: "Another repository, other ports" }
    ])
  )
