/** `farmops farm`. */
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Effect from "effect/Effect"
import { type Invocation, withFarm } from "./rootCommand.ts"

/** Draws the farm. */
export const farmCommand = (invocation: Invocation) => {
  const onFarm = withFarm(invocation)
  return Command.make(
    "farm",
    {
      watch: Flag.Boolean("watch").pipe(
        Flag.withDescription("Draw again whenever the farm changes, until Ctrl-C"),
        Flag.withDefault(false)
      )
    },
    (flags) =>
      onFarm(
        Effect.flatMap(
          Effect.promise(() => import("../farm.ts")),
          ({ showFarm }) => showFarm(flags)
        )
      )
  ).pipe(Command.withDescription("Draw the farm"))
}
