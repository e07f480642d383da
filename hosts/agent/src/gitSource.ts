/** A repository as the agent watches it. */
import type { GitRepository } from "@farmops/plugin-sdk/sources/GitRepository"
import type { AgentSource } from "./Watching.ts"

/** `sample` follows the work to every place that shows it; `name` is how the operator calls it. */
export const gitSource = (repository: GitRepository, sample: boolean, name = "git"): AgentSource => ({
  name,
  info: { kind: "git", whose: repository.info.whose, sample },
  backlogCount: repository.backlogCount,
  backlog: repository.backlog,
  follow: repository.follow
})
