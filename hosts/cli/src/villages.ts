/** `farmops village …`: where this farm is shown, and how it stands there. */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { drawTable } from "./drawTable.ts"
import { FarmConnection, requestJson } from "./FarmConnection.ts"
import { Printer } from "./Printer.ts"

const rest = [Schema.Record(Schema.String, Schema.Unknown)] as const

const Village = Schema.StructWithRest(Schema.Struct({ url: Schema.String }), rest)
const Villages = Schema.Struct({ villages: Schema.Array(Village) })

const Board = Schema.Struct({
  entries: Schema.Array(
    Schema.StructWithRest(
      Schema.Struct({
        rank: Schema.Int,
        display_name: Schema.String,
        total_coins: Schema.Int,
        level: Schema.Int,
        streak_days: Schema.Int
      }),
      rest
    )
  )
})

/** Runs `village list`. */
export const listVillages = Effect.gen(function* () {
  const printer = yield* Printer
  const { villages } = yield* requestJson("/api/v1/villages", Villages, { asOwner: true })
  if (printer.json) return yield* printer.data({ villages })
  if (villages.length === 0) {
    return yield* printer.line("this farm has joined no village yet; `farmops village join URL` joins one")
  }
  for (const village of villages) yield* printer.line(village.url)
})

/** Runs `village join`: the tracker registers itself there, signed with its own key. */
export const joinVillage = Effect.fn("joinVillage")(function* (url: string) {
  const printer = yield* Printer
  const village = yield* requestJson("/api/v1/villages", Village, { method: "POST", body: { url }, asOwner: true })
  yield* printer.json ? printer.data(village) : printer.line(`joined ${village.url}`)
})

/** Runs `village board`: the board of a village named here, else of the one beside this farm, else of the first one joined. */
export const showBoard = Effect.fn("showBoard")(function* (url: Option.Option<string>) {
  const printer = yield* Printer
  const farm = yield* FarmConnection
  const village = Option.getOrElse(url, () => farm.villageUrl)
  const origin = village === null ? farm.trackerUrl : village.replace(/\/+$/, "")
  const board = yield* requestJson("/api/v1/leaderboard?sort=coins&limit=100", Board, { origin })
  if (printer.json) return yield* printer.data(board)
  if (board.entries.length === 0) return yield* printer.line("nobody is on this board yet")
  const rows = board.entries.map((entry) => [
    entry.rank,
    entry.display_name,
    entry.total_coins,
    entry.level,
    entry.streak_days
  ])
  yield* printer.line(drawTable(["rank", "farmer", "coins", "level", "streak"], rows, printer.columns))
})
