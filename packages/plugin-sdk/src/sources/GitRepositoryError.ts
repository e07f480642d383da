/** Why a repository cannot be watched. Each says what to do next; a path is shown because its owner has just named it. */
import { exitCodes } from "@farmops/core/host/exitCodes"
import { Runtime, Schema } from "effect"

/** The path is no git repository. */
export class NotARepository extends Schema.TaggedError<NotARepository>()("NotARepository", { path: Schema.String }) {
  override get message() {
    return `${this.path} is not a git repository; name one with --repo PATH.`
  }
  override readonly [Runtime.errorExitCode] = exitCodes.notARepository
}

/** The repository has no commit on its default branch. */
export class EmptyRepository extends Schema.TaggedError<EmptyRepository>()("EmptyRepository", { path: Schema.String }) {
  override get message() {
    return `${this.path} has no commits yet; commit something first, or name another repository with --repo PATH.`
  }
  override readonly [Runtime.errorExitCode] = exitCodes.emptyRepository
}

/** Part of the history is elsewhere, so what a commit changed cannot be told without asking the network. */
export class ShallowRepository extends Schema.TaggedError<ShallowRepository>()("ShallowRepository", {
  path: Schema.String,
  /** A shallow clone lacks old commits, a partial one the contents of files. */
  missing: Schema.Literals(["commits", "contents"])
}) {
  override get message() {
    return this.missing === "commits"
      ? `${this.path} is a shallow clone; run \`git fetch --unshallow\` in it first, or name another with --repo PATH.`
      : `${this.path} is a partial clone; clone it again without --filter, or name another with --repo PATH.`
  }
  override readonly [Runtime.errorExitCode] = exitCodes.shallowRepository
}

/** git refuses the repository because another user owns it. */
export class RepositoryNotTrusted extends Schema.TaggedError<RepositoryNotTrusted>()("RepositoryNotTrusted", {
  path: Schema.String
}) {
  override get message() {
    return `${this.path} belongs to another user; if you trust it, run \`git config --global --add safe.directory '${this.path}'\`.`
  }
  override readonly [Runtime.errorExitCode] = exitCodes.noPermission
}

/** git is missing, hangs or fails. A retry may help. */
export class GitUnavailable extends Schema.TaggedError<GitUnavailable>()("GitUnavailable", { reason: Schema.String }) {
  override get message() {
    return `git cannot be used: ${this.reason}`
  }
  override readonly [Runtime.errorExitCode] = exitCodes.unavailable
}
