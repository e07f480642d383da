import { assert, describe, it } from "@effect/vitest"
import { exitCodes } from "@farmops/core/host/exitCodes"
import { Effect, Option } from "effect"
import { buyItem, consumeItem, refundItem, showShop } from "../src/farmShop.ts"
import { servedFarm } from "./servedFarm.ts"

const buy = (item: string, price?: number) => buyItem({ item, price: Option.fromUndefinedOr(price) })

describe("the commands of the shop", () => {
  it.live("show what is sold, buy it and give it back", () =>
    Effect.gen(function* () {
      const run = yield* servedFarm
      const { out } = yield* run(showShop())
      assert.match(out, /^item +kind +price +owned +now\n/)
      assert.match(out, /\nfence +decor +25 +can be bought\n/)
      assert.match(out, /\nstatue +decor +3,500 +It is sold from level 52 on/)
      assert.match(out, /\nthe farm has 120 coins to spend, at level 2\n$/)

      const bought = yield* run(buy("fence", 25))
      assert.strictEqual(bought.out, "bought fence for 25 coins; the farm has 95 coins to spend\n")
      assert.match(bought.err, /it can be given back.*farmops farm refund [0-9a-f-]{36}\n$/)
      yield* run(buy("fence"))
      assert.match((yield* run(showShop())).out, /\nfence +decor +25 +2 +can be bought\n/)
      assert.strictEqual(
        (yield* run(refundItem({ purchase: "fence" }))).out,
        "gave fence back for 25 coins; the farm has 95 coins to spend\n"
      )
      const receipt = JSON.parse((yield* run(buy("path"), true)).out)
      assert.deepInclude(receipt, { item: "path", price: 50, current_coins: 45 })
      yield* run(refundItem({ purchase: receipt.purchase_id }))
    }).pipe(Effect.scoped)
  )

  it.live("say in one sentence what they could not do", () =>
    Effect.gen(function* () {
      const run = yield* servedFarm
      const failure = (command: Parameters<typeof run>[0], token = true) => Effect.flip(run(command, false, token))
      const said = [
        [buy("castle"), "item_unknown", "The shop has no such item."],
        [buy("fence", 24), "price_changed", "It costs 25 coins and not 24."],
        [buy("rain-barrel"), "level_required", "It is sold from level 3 on; the farm is at level 2."],
        [refundItem({ purchase: "fence" }), "purchase_unknown", 'the farm has no "fence".'],
        [
          refundItem({ purchase: "01939f2e-0000-7000-8000-00000000000f" }),
          "purchase_unknown",
          "The farm has no such purchase."
        ],
        [consumeItem({ purchase: "fence" }), "purchase_unknown", 'the farm has no "fence".']
      ] as const
      for (const [command, code, detail] of said) {
        assert.deepInclude(yield* failure(command), { code, detail, exitCode: exitCodes.dataInvalid })
      }
      assert.deepInclude(yield* failure(buy("fence"), false), {
        code: "no_owner_token",
        exitCode: exitCodes.noPermission
      })
      yield* run(buy("fence"))
      assert.deepInclude(yield* failure(consumeItem({ purchase: "fence" })), { code: "not_usable" })
    }).pipe(Effect.scoped)
  )
})
