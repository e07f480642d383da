/** `farmops farm`. */
import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { type Invocation, withFarm } from "./rootCommand.ts"

const shop = Effect.promise(() => import("../farmShop.ts"))
const purchase = Argument.String("purchase").pipe(
  Argument.withDescription("The id of a purchase, or an item for its newest one")
)

/** Draws the farm, and spends its coins. */
export const farmCommand = (invocation: Invocation) => {
  const onFarm = withFarm(invocation)
  return Command.make(
    "farm",
    {
      watch: Flag.Boolean("watch").pipe(
        Flag.withDescription("Draw again whenever the farm changes, until Ctrl-C"),
        Flag.withDefault(false)
      ),
      at: Flag.String("at").pipe(
        Flag.withMetavar("TIME|DAY|LINE"),
        Flag.withDescription("The farm as it stood then: 2026-03-04T10:00:00Z, 2026-03-04, or a line of the ledger"),
        Flag.optional
      )
    },
    (flags) =>
      onFarm(
        Effect.flatMap(
          Effect.promise(() => import("../farm.ts")),
          ({ showFarm }) => showFarm(flags)
        )
      )
  ).pipe(
    Command.withDescription("Draw the farm, or spend its coins"),
    Command.withSubcommands([
      Command.make("shop", {}, () => onFarm(Effect.flatMap(shop, ({ showShop }) => showShop()))).pipe(
        Command.withDescription("What is sold, what it costs next, and what is owned")
      ),
      Command.make(
        "buy",
        {
          item: Argument.String("item"),
          price: Flag.Int("price").pipe(
            Flag.withMetavar("COINS"),
            Flag.withDescription("Buy only for this price (whatever it costs)"),
            Flag.withSchema(Schema.Int.check(Schema.isGreaterThan(0))),
            Flag.optional
          )
        },
        (flags) => onFarm(Effect.flatMap(shop, ({ buyItem }) => buyItem(flags)))
      ).pipe(Command.withDescription("Buy the next level of an item, or one more of it")),
      Command.make("refund", { purchase }, (flags) =>
        onFarm(Effect.flatMap(shop, ({ refundItem }) => refundItem(flags)))
      ).pipe(Command.withDescription("Give something back for what was paid, within ten minutes")),
      Command.make("use", { purchase }, (flags) =>
        onFarm(Effect.flatMap(shop, ({ consumeItem }) => consumeItem(flags)))
      ).pipe(Command.withDescription("Use a consumable up"))
    ])
  )
}
