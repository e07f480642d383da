/** The villages that this farm joined: registers with the farm's own key and reads the first one's board. */
import { ProofTimestamp } from "@farmops/proof/FarmProof"
import { signStatement } from "@farmops/proof/signedStatement"
import { Context, Effect, Layer, Schema } from "effect"
import { SqlClient } from "effect/sql"
import { fetchJson } from "../http/fetchJson.ts"
import { LedgerSettings } from "./LedgerSettings.ts"
import { orLedgerUnavailable } from "./LedgerUnavailable.ts"
import { TrackerKey } from "./TrackerKey.ts"
import { wireNow } from "./wireTime.ts"

/** The village did not take the farm. `code` is the village's own where it gave one, `village_unreachable` where it was silent. */
export class VillageNotJoined extends Schema.TaggedError<VillageNotJoined>()("VillageNotJoined", {
  code: Schema.String,
  detail: Schema.String
}) {}

/** A village and this farm's name in it. */
export const JoinedVillage = Schema.Struct({ url: Schema.String, farmer_id: Schema.String, joined_at: ProofTimestamp })

/** See the schema of the same name. */
export type JoinedVillage = typeof JoinedVillage.Type

/** A row of a village's board, as far as the farm's page shows it. */
export const BoardEntry = Schema.Struct({
  rank: Schema.Int,
  farmer_id: Schema.String,
  display_name: Schema.String,
  total_coins: Schema.Int,
  level: Schema.Int,
  streak_days: Schema.Int,
  updated_at: Schema.String
})

/** See the schema of the same name. */
export type BoardEntry = typeof BoardEntry.Type

/** A village pulls the farm's snapshot before it answers, so joining may take a moment. */
const joinMsMax = 10_000

/** The board is for a page that waits. */
const boardMsMax = 2000

/** Every open page asks for the board; the village hears of it once in this time. */
const boardAge = "2 seconds"

const boardBytesMax = 256 * 1024

const Joined = Schema.Struct({ farmer_id: Schema.String.check(Schema.isMaxLength(64)) })
const BoardAnswer = Schema.Struct({ entries: Schema.Array(BoardEntry) })
const decodeVillages = Schema.decodeUnknownEffect(Schema.Array(JoinedVillage))

/** The base address of a village; null for anything with a password, a query or another scheme. */
const baseOf = (text: string): string | null => {
  if (!URL.canParse(text)) return null
  const { hash, href, password, protocol, search, username } = new URL(text)
  const isPlain = username === "" && password === "" && search === "" && hash === ""
  return isPlain && (protocol === "http:" || protocol === "https:") ? href.replace(/\/+$/, "") : null
}

const make = Effect.fnUntraced(function* (ownUrl: Effect.Effect<string>) {
  const sql = yield* SqlClient.SqlClient
  const key = yield* TrackerKey
  const { farmName } = yield* LedgerSettings
  let lastBoard: ReadonlyArray<BoardEntry> = []

  const list = orLedgerUnavailable(
    Effect.flatMap(sql`SELECT url, farmer_id, joined_at FROM tracker_village ORDER BY joined_at, url`, decodeVillages)
  )

  const fetchBoard = Effect.gen(function* () {
    const [village] = yield* list
    if (village === undefined) return []
    const { entries } = yield* fetchJson(`${village.url}/api/v1/leaderboard`, BoardAnswer, {
      timeoutMs: boardMsMax,
      bytesMax: boardBytesMax
    })
    lastBoard = entries
    return entries
  }).pipe(
    // A village that is away must not spoil the farm's page: what it last said is shown.
    Effect.catchTags({
      FetchFailed: () => Effect.succeed(lastBoard),
      FetchRefused: () => Effect.succeed(lastBoard)
    })
  )
  const [board, forgetBoard] = yield* Effect.cachedInvalidateWithTTL(fetchBoard, boardAge)

  const register = Effect.fnUntraced(function* (village: string) {
    const signer = yield* Effect.provideService(key.inForce, SqlClient.SqlClient, sql)
    const body = {
      display_name: farmName,
      tracker_url: yield* ownUrl,
      public_key: signer.publicKey,
      requested_at: yield* wireNow
    }
    const signature = signStatement(signer, "farmops/registration/v1", body)
    const { farmer_id } = yield* fetchJson(`${village}/api/v1/farmers/register`, Joined, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ ...body, signature }),
      timeoutMs: joinMsMax
    })
    const joined: JoinedVillage = { url: village, farmer_id, joined_at: body.requested_at }
    return joined
  })

  const join = Effect.fn("Villages.join")(function* (address: string) {
    const village = baseOf(address)
    if (village === null) {
      return yield* new VillageNotJoined({
        code: "bad_url",
        detail: "this is not the http or https address of a village"
      })
    }
    const joined = yield* register(village).pipe(
      Effect.catchTags({
        FetchFailed: ({ message }) =>
          Effect.fail(new VillageNotJoined({ code: "village_unreachable", detail: message })),
        FetchRefused: ({ code, message }) => Effect.fail(new VillageNotJoined({ code, detail: message }))
      })
    )
    yield* orLedgerUnavailable(
      sql`INSERT INTO tracker_village ${sql.insert(joined)}
        ON CONFLICT (url) DO UPDATE SET farmer_id = excluded.farmer_id`
    )
    yield* forgetBoard
    return joined
  })

  return { join, list, board } as const
})

/**
 * The farm's ties to villages. `join` registers the farm, or renews its name and address where the village knows it.
 * `board` is the first village's, asked at most every two seconds; empty without a village.
 */
export class Villages extends Context.Service<Villages, Effect.Success<ReturnType<typeof make>>>()(
  "@farmops/core/farm/Villages"
) {
  /** `ownUrl` is where villages reach this tracker. Needs the tables of `ledgerMigrations`. */
  static readonly layer = (
    ownUrl: Effect.Effect<string>
  ): Layer.Layer<Villages, never, LedgerSettings | SqlClient.SqlClient | TrackerKey> => Layer.effect(this, make(ownUrl))
}
