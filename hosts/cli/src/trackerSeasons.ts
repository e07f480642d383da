/** `farmops tracker season …`: what was earned in each season, and opening one. */
import { FarmSeasons } from "@farmops/core/farm/seasons/Seasons"
import { Effect, Option } from "effect"
import { drawTable } from "./drawTable.ts"
import { requestJson } from "./FarmConnection.ts"
import { Printer } from "./Printer.ts"

const route = "/api/v1/seasons"

const print = Effect.fnUntraced(function* (seasons: FarmSeasons) {
  const printer = yield* Printer
  if (printer.json) return yield* printer.data(seasons)
  const all = seasons.open === null ? seasons.past : [...seasons.past, seasons.open]
  if (all.length === 0) return yield* printer.line("no season was opened yet")
  const rows = all.map(({ bot, ends_at, human, name, opened_at, season }) => [
    season,
    name,
    opened_at,
    ends_at ?? "-",
    ...[human, bot].flatMap(({ coins, days, proofs }) => [coins, proofs, days])
  ])
  const columns = ["season", "name", "opened", "ends", "coins", "proofs", "days", "bot coins", "bot proofs", "bot days"]
  yield* printer.line(drawTable(columns, rows, printer.columns))
})

/** Runs `tracker season show`. */
export const showSeasons = Effect.fn("showSeasons")(function* () {
  yield* print(yield* requestJson(route, FarmSeasons))
})

/** Runs `tracker season open SEASON --name NAME [--ends TIME]`. Needs the owner's token. */
export const openSeason = Effect.fn("openSeason")(function* (wish: {
  readonly season: string
  readonly name: string
  readonly ends: Option.Option<string>
}) {
  const body = { season: wish.season, name: wish.name, ends_at: Option.getOrNull(wish.ends) }
  yield* print(yield* requestJson(route, FarmSeasons, { method: "POST", asOwner: true, body }))
})
