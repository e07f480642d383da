/** A person's yes to what was proposed: it is planned from then on, and its task has another turn. */
import { Effect, Schema } from "effect"
import { SqlClient } from "effect/sql"
import { ActionLog } from "../ActionLog.ts"
import { orStoreUnavailable } from "../StoreUnavailable.ts"
import { TaskQueue } from "../work/TaskQueue.ts"

const decodeTasks = Schema.decodeUnknownEffect(Schema.Array(Schema.Struct({ task_id: Schema.String })))

/** No proposal has this key: it was approved already, or never was one. */
export class ProposalUnknown extends Schema.TaggedError<ProposalUnknown>()("ProposalUnknown", { key: Schema.String }) {
  override get message() {
    return `no proposal has the key ${this.key}`
  }
}

const taskOf = Effect.fnUntraced(function* (key: string) {
  const sql = yield* SqlClient.SqlClient
  const [row] = yield* decodeTasks(yield* sql`SELECT task_id FROM "action" WHERE key = ${key} AND state = 'proposed'`)
  return row?.task_id ?? null
})

/**
 * Agrees to one proposal. The harness does it within seconds when it runs, else at its next start; an issue that somebody has changed
 * meanwhile is left as it is, and looked at anew.
 */
export const approveProposal = Effect.fn("approveProposal")(function* (key: string) {
  const log = yield* ActionLog
  const queue = yield* TaskQueue
  const taskId = yield* orStoreUnavailable(taskOf(key))
  if (taskId === null) return yield* new ProposalUnknown({ key })
  // The yes is on the disk before the task has its turn: cut off between the two, the next yes says that it was given.
  yield* log.approve(key).pipe(Effect.catchTag("ActionNotOpen", () => Effect.fail(new ProposalUnknown({ key }))))
  yield* queue.resume(taskId)
  return taskId
})
