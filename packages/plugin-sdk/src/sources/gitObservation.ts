/** From what git says of a commit or a tag to what a plugin gets to see of it. Pure: the time now is an argument. */
import { createHash } from "node:crypto"
import { DateTime, Redacted } from "effect"
import type { GitEvent } from "../contract/GitEvent.ts"
import type { Observation } from "../contract/Observation.ts"
import type { Commit } from "./gitCommits.ts"
import type { Tag } from "./gitTags.ts"
import { isBot } from "./isBot.ts"

/** Whose work counts and who is a machine. */
export interface Observer {
  /** E-mail addresses in lower case; null is everybody's. */
  readonly identities: ReadonlyArray<string> | null
  readonly bots: ReadonlyArray<string>
}

// The same event has the same id for ever, also on another machine; it tells nothing of the event.
const opaqueId = (...parts: ReadonlyArray<string>): string =>
  createHash("sha256")
    .update(["farmops/git", ...parts].join("\0"))
    .digest("hex")

const utf8 = new TextEncoder()

type Author = GitEvent["author"]

const observe = (observationId: string, event: GitEvent, workMs: number, nowMs: number): Observation => {
  const { author, bot } = event
  return {
    observationId,
    sourceType: "git",
    rawData: utf8.encode(JSON.stringify(event)),
    detectedAt: DateTime.makeUnsafe(nowMs),
    // A clock that is ahead may not date work into the future.
    occurredAt: DateTime.makeUnsafe(Math.min(workMs, nowMs)),
    subject: null,
    actor: {
      identifier: Redacted.make((author.email || author.name || "unknown").toLowerCase(), { label: "actor" }),
      type: bot ? "bot" : "human"
    }
  }
}

const whoOf = ({ bots, identities }: Observer, author: Author) => ({ author, bot: isBot(author, bots), identities })

/** A commit that is part of the default branch. */
export const observeCommit = (observer: Observer, commit: Commit, nowMs: number): Observation => {
  const event: GitEvent = {
    kind: commit.parents > 1 ? "merge" : "commit",
    id: commit.id,
    reachable: true,
    ...whoOf(observer, { email: commit.email, name: commit.name }),
    files: commit.files,
    file_count: commit.fileCount,
    lines_added: commit.linesAdded,
    lines_deleted: commit.linesDeleted
  }
  return observe(opaqueId("commit", commit.id), event, commit.committedMs, nowMs)
}

/** A tag's id. One that names a commit outside the branch is another event than the same one once the branch has reached it. */
export const tagId = ({ commit, reachable, ref }: Tag): string => opaqueId(reachable ? "tag" : "stray tag", commit, ref)

/** A tag. */
export const observeTag = (observer: Observer, tag: Tag, nowMs: number): Observation => {
  const event: GitEvent = {
    kind: "tag",
    id: tag.commit,
    reachable: tag.reachable,
    ...whoOf(observer, { email: tag.email, name: tag.name }),
    files: [],
    file_count: 0,
    lines_added: 0,
    lines_deleted: 0
  }
  return observe(tagId(tag), event, tag.madeMs, nowMs)
}
