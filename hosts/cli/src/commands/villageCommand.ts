/** `farmops village …`. */
import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Effect from "effect/Effect"
import { type Invocation, withFarm } from "./rootCommand.ts"

const villages = Effect.promise(() => import("../villages.ts"))

/** Villages that the farm is shown to. */
export const villageCommand = (invocation: Invocation) => {
  const onFarm = withFarm(invocation)
  return Command.make("village").pipe(
    Command.withDescription("Show the farm to others"),
    Command.withSubcommands([
      Command.make("list", {}, () => onFarm(Effect.flatMap(villages, ({ listVillages }) => listVillages))).pipe(
        Command.withDescription("The villages that this farm has joined")
      ),
      Command.make("join", { url: Argument.String("url") }, ({ url }) =>
        onFarm(Effect.flatMap(villages, ({ joinVillage }) => joinVillage(url)))
      ).pipe(Command.withDescription("Register this farm with a village")),
      Command.make(
        "board",
        {
          url: Flag.String("url").pipe(
            Flag.withMetavar("URL"),
            Flag.withDescription("Another village's board"),
            Flag.optional
          )
        },
        ({ url }) => onFarm(Effect.flatMap(villages, ({ showBoard }) => showBoard(url)))
      ).pipe(Command.withDescription("The leaderboard"))
    ])
  )
}
