/** The demonstration's issues in the shapes of GitHub's REST API, with every key that its description requires. Pure. */
import type { DemoComment, DemoEvent, DemoIssue, DemoSeed } from "./DemoRepository.ts"

type Shape = Readonly<Record<string, unknown>>

/** Long enough ago for accounts, labels and the repository itself. */
const longAgo = "2020-01-01T00:00:00Z"

const linksOf = (url: string, names: ReadonlyArray<string>): Shape =>
  Object.fromEntries(names.map((name) => [`${name}_url`, `${url}/${name}`]))

// The parts of an account and of a repository that have addresses of their own.
const accountLinks = [
  "events",
  "followers",
  "following",
  "gists",
  "organizations",
  "received_events",
  "repos",
  "starred"
]
const repositoryLinks = [
  ...["archive", "assignees", "blobs", "branches", "clone", "collaborators", "comments", "commits", "compare"],
  ...["contents", "contributors", "deployments", "downloads", "events", "forks", "git", "git_commits", "git_refs"],
  ...["git_tags", "hooks", "issue_comment", "issue_events", "issues", "keys", "labels", "languages", "merges"],
  ...["milestones", "notifications", "pulls", "releases", "ssh", "stargazers", "statuses", "subscribers"],
  ...["subscription", "svn", "tags", "teams", "trees"]
]
const counts = ["forks", "forks_count", "network_count", "size", "stargazers_count", "subscribers_count"]
const moreCounts = ["watchers", "watchers_count"]

const nodeId = (kind: string, id: number | string): string => `${kind}_${id}`

/** Makes the shapes of one repository, whose addresses begin with `api`. */
export const makeDemoShapes = ({ bot, labels, name, owner }: DemoSeed, api: string) => {
  const repositoryUrl = `${api}/repos/${owner}/${name}`
  const issueUrl = (number: number): string => `${repositoryUrl}/issues/${number}`
  const people = [owner, bot]

  const idOf = (login: string): number => {
    if (!people.includes(login)) people.push(login)
    return people.indexOf(login) + 1
  }

  const account = (login: string): Shape => {
    const url = `${api}/users/${login}`
    const id = idOf(login)
    return {
      ...{ login, id, node_id: nodeId("U", id), avatar_url: `${url}/avatar`, gravatar_id: "", url },
      ...{ html_url: `${api}/${login}`, subscriptions_url: `${url}/subscriptions`, type: "User", site_admin: false },
      ...linksOf(url, accountLinks)
    }
  }

  const label = (text: string): Shape => ({
    id: labels.indexOf(text) + 1,
    node_id: nodeId("LA", labels.indexOf(text) + 1),
    url: `${repositoryUrl}/labels/${encodeURIComponent(text)}`,
    name: text,
    description: null,
    color: "ededed",
    default: false
  })

  const association = (login: string): string => (login === owner ? "OWNER" : login === bot ? "COLLABORATOR" : "NONE")

  return {
    account,
    label,
    viewer: (): Shape => ({
      ...account(bot),
      ...{ name: null, company: null, blog: null, location: null, email: null, hireable: null, bio: null },
      ...{ public_repos: 0, public_gists: 0, followers: 0, following: 0, created_at: longAgo, updated_at: longAgo }
    }),
    repository: (openIssues: number): Shape => ({
      ...{ id: 1, node_id: nodeId("R", 1), name, full_name: `${owner}/${name}`, owner: account(owner), private: false },
      ...{ html_url: `${api}/${owner}/${name}`, description: null, fork: false, url: repositoryUrl, homepage: null },
      ...{ language: null, default_branch: "main", license: null, mirror_url: null, archived: false, disabled: false },
      ...{ has_issues: true, has_projects: false, has_wiki: false, has_pages: false, has_discussions: false },
      ...{ open_issues: openIssues, open_issues_count: openIssues },
      ...{ pushed_at: longAgo, created_at: longAgo, updated_at: longAgo },
      permissions: { admin: false, maintain: false, push: false, triage: true, pull: true },
      ...Object.fromEntries([...counts, ...moreCounts].map((count) => [count, 0])),
      ...linksOf(repositoryUrl, repositoryLinks)
    }),
    issue: (one: DemoIssue): Shape => ({
      ...{ id: one.number, node_id: nodeId("I", one.number), number: one.number, title: one.title, body: one.body },
      ...{ url: issueUrl(one.number), repository_url: repositoryUrl },
      html_url: `${api}/${owner}/${name}/issues/${one.number}`,
      labels_url: `${issueUrl(one.number)}/labels{/name}`,
      ...linksOf(issueUrl(one.number), ["comments", "events"]),
      ...{ user: account(one.author), author_association: association(one.author) },
      ...{ state: one.state, state_reason: one.stateReason, locked: false, milestone: null },
      ...{ labels: one.labels.map(label), assignee: null, assignees: [], comments: one.comments.length },
      ...{ created_at: one.createdAt, updated_at: one.updatedAt, closed_at: one.closedAt }
    }),
    comment: ({ at, author, body, id, issue }: DemoComment): Shape => ({
      ...{ id, node_id: nodeId("IC", id), url: `${repositoryUrl}/issues/comments/${id}`, issue_url: issueUrl(issue) },
      html_url: `${api}/${owner}/${name}/issues/${issue}#issuecomment-${id}`,
      ...{ body, user: account(author), author_association: association(author), created_at: at, updated_at: at },
      performed_via_github_app: null
    }),
    event: ({ actor, at, event, id, label: text }: DemoEvent): Shape => ({
      ...{ id, node_id: nodeId("E", id), url: `${repositoryUrl}/issues/events/${id}`, actor: account(actor), event },
      ...{ commit_id: null, commit_url: null, created_at: at, performed_via_github_app: null },
      ...(text === null ? {} : { label: { name: text, color: "ededed" } })
    }),
    permission: (login: string): Shape => {
      const role = login === owner ? "admin" : login === bot ? "triage" : "read"
      const permission = role === "triage" ? "read" : role
      return { permission, role_name: role, user: { ...account(login), role_name: role } }
    }
  } as const
}

/** What {@link makeDemoShapes} makes. */
export type DemoShapes = ReturnType<typeof makeDemoShapes>
