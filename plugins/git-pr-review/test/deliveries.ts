/** Deliveries of GitHub and Gitea, with names that must not get out. */

interface Person {
  readonly id: number
  readonly login: string
  readonly type?: string
}

const person = (id: number, login: string, type = "User"): Person => ({ id, login, type })

export const author = person(1, "marker-ada")
export const reviewer = person(2, "marker-bob")
export const other = person(3, "marker-cy")
export const robot = person(4, "marker-scan[bot]", "Bot")

export const commit = (letter: string): string => letter.repeat(40)

/** A pull request as GitHub's review events have it; those of a merge say how large it is, too. */
export const pull = (changes: object = {}) => ({
  id: 279_147_437,
  number: 2,
  title: "marker-title",
  body: "marker-body",
  state: "open",
  draft: false,
  user: author,
  head: { ref: "marker-branch", sha: commit("a") },
  ...changes
})

const repository = { id: 1, full_name: "marker-org/marker-repo", private: true }

/** A review that was handed in to GitHub. */
export const review = (
  state: string,
  changes: { by?: Person; body?: string | null; pull?: object; action?: string } = {}
) => {
  const { action = "submitted", body = null, by = reviewer, pull: of = {} } = changes
  return {
    kind: "webhook",
    event: "pull_request_review",
    payload: {
      action,
      review: { id: 237_895_671, user: by, body, state, commit_id: commit("0") },
      pull_request: pull(of),
      repository,
      sender: by
    }
  }
}

/** A merge on GitHub. */
export const merge = (changes: { by?: Person; pull?: object } = {}) => {
  const { by = other, pull: of = {} } = changes
  const size = { additions: 120, deletions: 7, changed_files: 3 }
  return {
    kind: "webhook",
    event: "pull_request",
    payload: {
      action: "closed",
      pull_request: pull({ state: "closed", merged: true, merged_by: by, ...size, ...of }),
      repository,
      sender: by
    }
  }
}
