/** `farmops farm`: the farm drawn in the terminal, once or again at each change. */
import { drawFarmText } from "@farmops/core/farm/drawFarmText"
import { FarmState } from "@farmops/core/farm/FarmState"
import { exitCodes } from "@farmops/core/host/exitCodes"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { CommandFailed } from "./CommandFailed.ts"
import { request, requestJson } from "./FarmConnection.ts"
import { Printer } from "./Printer.ts"

const decodeState = Schema.decodeUnknownOption(Schema.fromJsonString(FarmState))

const show = Effect.fnUntraced(function* (state: FarmState, redraw: boolean) {
  const printer = yield* Printer
  if (printer.json) return yield* printer.data(state)
  const color = printer.isTerminal && process.env.NO_COLOR === undefined
  const picture = drawFarmText(state, { width: printer.columns, color })
  // Home, draw, and clear what is left of the last picture: no flicker, and nothing above is lost.
  yield* redraw && printer.isTerminal ? printer.write(`\x1b[H${picture}\n\x1b[J`) : printer.line(picture)
})

/** The states that the tracker's event stream carries from now on. Ends when the tracker goes away. */
async function* farmEvents(body: ReadableStream<Uint8Array> | null): AsyncGenerator<FarmState> {
  let rest = ""
  const utf8 = new TextDecoder()
  for await (const chunk of body ?? []) {
    const events = (rest + utf8.decode(chunk, { stream: true })).split(/\r?\n\r?\n/)
    rest = events.pop() ?? ""
    for (const event of events) {
      const lines = event.split(/\r?\n/)
      if (!lines.some((line) => /^event: ?farm$/.test(line))) continue
      const data = lines.filter((line) => line.startsWith("data:")).map((line) => line.slice(5))
      const state = decodeState(data.join("\n"))
      if (Option.isSome(state)) yield state.value
    }
  }
}

const watch = Effect.gen(function* () {
  const printer = yield* Printer
  const response = yield* request("/api/v1/events")
  if (printer.isTerminal) yield* printer.write("\x1b[2J")
  const events = farmEvents(response.body)
  const next = Effect.tryPromise({ try: () => events.next(), catch: () => "gone" as const })
  yield* Effect.gen(function* () {
    for (let event = yield* next; event.done !== true; event = yield* next) yield* show(event.value, true)
  }).pipe(Effect.catch(() => Effect.void))
  yield* printer.note("the farm has stopped")
})

/** What the command line asks for. */
export interface FarmView {
  readonly watch: boolean
  /** A time, a farm-day or a line of the ledger; today's farm for none. */
  readonly at: Option.Option<string>
}

/** Runs the command. */
export const showFarm = Effect.fn("showFarm")(function* (options: FarmView) {
  const moment = Option.getOrNull(options.at)
  if (moment !== null && options.watch) {
    return yield* new CommandFailed({
      code: "usage",
      detail: "the past does not change: --at and --watch exclude each other.",
      cure: null,
      exitCode: exitCodes.usage
    })
  }
  const query = moment === null ? "" : `?at=${encodeURIComponent(moment)}`
  yield* show(yield* requestJson(`/api/v1/farm${query}`, FarmState), false)
  if (options.watch) yield* watch
})
