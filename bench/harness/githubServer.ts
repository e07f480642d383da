/** A GitHub of a thousand quiet repositories, as far as the harness asks it, in a process of its own. Says its port; counts what it is asked. */
import { createHash } from "node:crypto"
import { createServer, type IncomingMessage, type ServerResponse } from "node:http"

interface Issue {
  labels: Array<{ name: string }>
  comments: number
  updated_at: string
}

const user = { login: "stranger", type: "User" }
const seconds = () => `${new Date().toISOString().slice(0, 19)}Z`
const issues = new Map<string, Issue>()
let asked = { requests: 0, notModified: 0, calls: [] as Array<{ method: string; path: string; body: string }> }
let comments = 0

const issueOf = (key: string): Issue => {
  const known = issues.get(key)
  if (known !== undefined) return known
  const made: Issue = { labels: [], comments: 0, updated_at: seconds() }
  issues.set(key, made)
  return made
}

const shown = (number: number, issue: Issue) => ({
  number,
  title: "It crashes on start",
  body: "Since the last version it does not start.",
  state: "open",
  state_reason: null,
  locked: false,
  assignees: [],
  user,
  author_association: "NONE",
  created_at: "2026-01-31T09:00:00Z",
  closed_at: null,
  ...issue
})

const answer = (request: IncomingMessage, body: string): unknown => {
  const url = new URL(request.url ?? "/", "http://localhost")
  const [, , owner, repo, part, id, sub] = url.pathname.split("/")
  if (url.pathname === "/user") return { login: "triage-bot", type: "User" }
  if (part === "labels") return id === undefined ? [{ name: "bug" }] : { name: "bug" }
  if (part === "collaborators") return { permission: "read", role_name: "read" }
  if (part !== "issues") return { full_name: `${owner}/${repo}` }
  // Nothing changes in the quiet repositories.
  if (id === undefined) return []
  const issue = issueOf(`${owner}/${repo}/${id}`)
  if (request.method === "GET") return sub === undefined ? shown(Number(id), issue) : []
  issue.updated_at = seconds()
  if (sub === "labels") {
    issue.labels = [{ name: "bug" }]
    return issue.labels
  }
  issue.comments++
  const { body: text } = JSON.parse(body) as { body: string }
  const at = issue.updated_at
  return { id: ++comments, body: text, user, author_association: "NONE", created_at: at, updated_at: at }
}

const respond = (request: IncomingMessage, body: string, response: ServerResponse) => {
  if (request.url === "/_asked") {
    response.end(JSON.stringify(asked))
    asked = { requests: 0, notModified: 0, calls: [] }
    return
  }
  asked.requests++
  const text = JSON.stringify(answer(request, body))
  const etag = `W/"${createHash("sha256").update(`${request.url} ${text}`).digest("hex")}"`
  if (request.headers["if-none-match"] === etag) {
    asked.notModified++
    // GitHub spells the ETag of a 304 without its W/.
    response.writeHead(304, { etag: etag.slice(2) }).end()
    return
  }
  asked.calls.push({ method: request.method ?? "GET", path: request.url ?? "/", body })
  const status = request.method === "POST" && request.url?.endsWith("/comments") === true ? 201 : 200
  response.writeHead(status, { "content-type": "application/json; charset=utf-8", etag }).end(text)
}

const server = createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
  let body = ""
  request.setEncoding("utf8")
  request.on("data", (chunk: string) => {
    body += chunk
  })
  request.on("end", () => respond(request, body, response))
})
server.listen(0, "127.0.0.1", () => {
  const address = server.address()
  console.log(typeof address === "object" && address !== null ? address.port : 0)
})
// The pipe closes when the benchmark ends, however it ends.
process.stdin.on("end", () => process.exit(0)).resume()
