/** Decides what grows the farm: the repository that was named, the one around the current folder, or a sample made for the purpose. */

import { resolve } from "node:path"
import { type GitRepository, openGitRepository } from "@farmops/plugin-sdk/sources/GitRepository"
import { makeSampleRepository } from "@farmops/plugin-sdk/sources/sampleRepository"
import { Effect, Option } from "effect"

/** What was chosen and why. `fallback` is set when there was no repository where `up` was started. */
export interface ChosenRepository {
  readonly repository: GitRepository
  readonly sample: boolean
  readonly fallback: boolean
}

/** A repository that was named and cannot be used is an error; one that was only looked for is not. */
export const chooseRepository = Effect.fn("chooseRepository")(function* (options: {
  readonly repo: Option.Option<string>
  readonly sample: boolean
  readonly cwd: string
  readonly dataDir: string
}) {
  const openSample = (fallback: boolean) =>
    Effect.gen(function* () {
      const path = yield* makeSampleRepository(options.dataDir)
      const repository = yield* openGitRepository({ path })
      return { repository, sample: true, fallback } satisfies ChosenRepository
    })
  if (options.sample) return yield* openSample(false)
  if (Option.isSome(options.repo)) {
    const repository = yield* openGitRepository({ path: resolve(options.cwd, options.repo.value) })
    return { repository, sample: false, fallback: false } satisfies ChosenRepository
  }
  return yield* openGitRepository({ path: options.cwd }).pipe(
    Effect.map((repository): ChosenRepository => ({ repository, sample: false, fallback: false })),
    Effect.catchTag("NotARepository", () => openSample(true))
  )
})
