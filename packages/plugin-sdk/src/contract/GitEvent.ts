/**
 * What the git source tells a plugin of one commit, merge or tag: who, which files, how many lines. Messages and the names
 * of branches and tags are not in it, since no verdict needs them.
 */
import { Schema } from "effect"

const Count = Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER }))

/** One event. All of it is raw data. */
export const GitEvent = Schema.Struct({
  kind: Schema.Literals(["commit", "merge", "tag"]),
  /** The full id of the commit, for a tag of the commit that it names. */
  id: Schema.String,
  /** Whether the commit is part of the default branch. */
  reachable: Schema.Boolean,
  /** Of a commit its author; of a tag its tagger, or the author of the commit where the tag is only a name. */
  author: Schema.Struct({ email: Schema.String, name: Schema.String }),
  /** Whether the author is a machine. */
  bot: Schema.Boolean,
  /** The e-mail addresses whose work counts, in lower case; null is everybody's. */
  identities: Schema.NullOr(Schema.Array(Schema.String)),
  /** Against the first parent; a rename counts as a removal and an addition. The list may be cut short, the counts never are. */
  files: Schema.Array(Schema.Struct({ path: Schema.String, added: Count, deleted: Count })),
  file_count: Count,
  lines_added: Count,
  lines_deleted: Count
})
export type GitEvent = typeof GitEvent.Type
