/** How far each repository was followed, on disk. A cursor and the tasks of what it passed move in one transaction: a crash loses neither. */
import { Context, DateTime, Effect, Layer, Schema } from "effect"
import { SqlClient } from "effect/sql"
import { makeOnStore } from "../onStore.ts"
import { enqueueNew } from "../work/TaskQueue.ts"
import { readLastSeen } from "../work/taskRows.ts"
import { causeOf, isWorthAsking } from "./causeOf.ts"
import { PollCursor, type PollStep } from "./nextPoll.ts"

// `start` and `known` have no column of their own: they are of use to nobody but the poller.
const Boundary = Schema.fromJsonString(
  Schema.Struct({ start: PollCursor.fields.start, known: PollCursor.fields.known })
)
const CursorRow = Schema.Struct({
  since: PollCursor.fields.since,
  etag: PollCursor.fields.etag,
  etag_url: PollCursor.fields.etag_url,
  etag_at: PollCursor.fields.etag_at,
  boundary: Boundary,
  last_full_pass: PollCursor.fields.last_full_pass
})

const decodeCursors = Schema.decodeUnknownEffect(Schema.Array(CursorRow))
const encodeCursor = Schema.encodeEffect(CursorRow)
const isoNow = Effect.map(DateTime.now, DateTime.formatIso)

const writeCursor = Effect.fnUntraced(function* (repo: string, { known, start, ...rest }: PollCursor) {
  const sql = yield* SqlClient.SqlClient
  const row = yield* encodeCursor({ ...rest, boundary: { start, known } })
  yield* sql`INSERT INTO repository_cursor ${sql.insert({ repo, ...row })} ON CONFLICT (repo) DO UPDATE SET
    ${sql.update(row)}`
})

const make = Effect.gen(function* () {
  const { atOnce, onStore } = yield* makeOnStore
  const sql = yield* SqlClient.SqlClient

  return {
    /** Null before the first poll. */
    cursor: (repo: string) =>
      onStore(
        Effect.gen(function* () {
          const [row] = yield* decodeCursors(yield* sql`SELECT * FROM repository_cursor WHERE repo = ${repo}`)
          if (row === undefined) return null
          const { boundary, ...rest } = row
          return { ...rest, ...boundary }
        })
      ),

    /** Takes a pass in: the cursor, and a task for each issue that changed by somebody else's hand. Answers with how many. */
    advance: Effect.fn("PollStore.advance")(function* (repo: string, { changed, cursor }: PollStep) {
      const now = yield* isoNow
      return yield* atOnce(
        Effect.gen(function* () {
          const tasks = []
          for (const issue of changed) {
            const cause = causeOf(issue, yield* readLastSeen(repo, issue.number), cursor.start)
            if (isWorthAsking(cause)) tasks.push({ repo, issue, cause, backlog: false, rounds: 0 })
          }
          const added = yield* enqueueNew(tasks, now)
          yield* writeCursor(repo, cursor)
          return added
        })
      )
    })
  } as const
})

/** The cursors of a harness. */
export class PollStore extends Context.Service<PollStore>()("@farmops/triage/PollStore", { make }) {
  /** Needs the tables of `triageMigrations`. */
  static readonly layer: Layer.Layer<PollStore, never, SqlClient.SqlClient> = Layer.effect(this, this.make)
}
