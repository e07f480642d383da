/**
 * A stand-in for GitHub on loopback, for the demonstration: one repository in memory behind the calls that the client may make. It
 * knows one token, and forgets everything when it is closed.
 */
import { createHash, randomBytes } from "node:crypto"
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http"
import { exitCodes } from "@farmops/core/host/exitCodes"
import { spellTime } from "@farmops/triage/poll/nextPoll"
import { Clock, Effect, Redacted, Runtime, Schema } from "effect"
import { type DemoRepository, type DemoSeed, makeDemoRepository } from "./DemoRepository.ts"
import { badCredentials, type DemoAnswer, makeDemoAnswers, noJson, notFound } from "./demoAnswers.ts"
import { makeDemoShapes } from "./demoShapes.ts"

/** Loopback gave no port. */
export class DemoGitHubUnavailable extends Schema.TaggedError<DemoGitHubUnavailable>()("DemoGitHubUnavailable", {
  reason: Schema.String
}) {
  override get message() {
    return `the stand-in for GitHub cannot listen on loopback: ${this.reason}`
  }
  override readonly [Runtime.errorExitCode] = exitCodes.unavailable
}

/** A running stand-in. */
export interface DemoGitHub {
  readonly url: string
  readonly token: Redacted.Redacted<string>
  readonly repository: DemoRepository
}

/** A comment has at most 65,536 characters, and nothing that is sent here is longer. */
const bodyBytesMax = 512 * 1024

/** GitHub's own bound. */
const perPageMax = 100

const readBody = async (request: IncomingMessage): Promise<string | null> => {
  const chunks: Array<Buffer> = []
  let bytes = 0
  for await (const chunk of request) {
    bytes += chunk.length
    if (bytes > bodyBytesMax) return null
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString()
}

/** What a text means as JSON; undefined where it is none. */
const parse = (text: string): unknown => {
  try {
    return text === "" ? null : JSON.parse(text)
  } catch {
    return undefined
  }
}

interface Reply {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: unknown
}

const pageOf = ({ items, ...answer }: DemoAnswer, url: URL): Reply => {
  if (items === undefined) return { status: answer.status, headers: {}, body: answer.body }
  const whole = (name: string, fallback: number) => Math.max(Number(url.searchParams.get(name) ?? fallback) || 1, 1)
  const [page, perPage] = [whole("page", 1), Math.min(whole("per_page", 30), perPageMax)]
  const next = new URL(url)
  next.searchParams.set("page", String(page + 1))
  const link = items.length > page * perPage ? { link: `<${next}>; rel="next"` } : {}
  return { status: answer.status, headers: { ...link }, body: items.slice((page - 1) * perPage, page * perPage) }
}

// GitHub spells the tag of a 200 as a weak one, and that of a 304 without it.
const conditional = (reply: Reply, url: URL, known: string | undefined): Reply => {
  if (reply.status !== 200) return reply
  const tag = createHash("sha256")
    .update(`${url.pathname}${url.search}\0${JSON.stringify(reply.body)}`)
    .digest("hex")
  return known === `W/"${tag}"`
    ? { status: 304, headers: { ...reply.headers, etag: `"${tag}"` }, body: undefined }
    : { ...reply, headers: { ...reply.headers, etag: `W/"${tag}"` } }
}

const routePattern = (path: string): RegExp =>
  new RegExp(`^${path.replace(/\{([a-z_]+)\}/g, (_, name: string) => `(?<${name}>[^/]+)`)}$`)

const decoded = (groups: Readonly<Record<string, string>> = {}) =>
  Object.fromEntries(Object.entries(groups).map(([name, text]) => [name, decodeURIComponent(text)]))

const makeAnswering = (repository: DemoRepository, api: string, token: string) => {
  const { name, owner } = repository.seed
  const routes = Object.entries(makeDemoAnswers(repository, makeDemoShapes(repository.seed, api))).map(
    ([route, handle]) => {
      const [method = "", path = ""] = route.split(" ")
      return { method, pattern: routePattern(path), handle }
    }
  )
  const isOurs = ({ owner: asked = owner, repo = name }: Readonly<Record<string, string>>) =>
    `${asked}/${repo}`.toLowerCase() === `${owner}/${name}`.toLowerCase()

  const answer = (method: string, url: URL, body: unknown): DemoAnswer => {
    for (const route of routes) {
      const match = route.method === method ? route.pattern.exec(url.pathname) : null
      if (match === null) continue
      const slots = decoded(match.groups)
      return isOurs(slots) ? route.handle({ slots, query: url.searchParams, body }) : notFound
    }
    return notFound
  }

  return (request: IncomingMessage, text: string): Reply => {
    const url = new URL(request.url ?? "/", api)
    const given = (request.headers.authorization ?? "").replace(/^(token|bearer) /i, "")
    const body = parse(text)
    const method = request.method ?? "GET"
    if (given !== token) return pageOf(badCredentials, url)
    const reply = pageOf(body === undefined ? noJson : answer(method, url, body), url)
    return method === "GET" ? conditional(reply, url, request.headers["if-none-match"]) : reply
  }
}

const send = (response: ServerResponse, { body, headers, status }: Reply): void => {
  const text = body === undefined ? "" : JSON.stringify(body)
  const type = text === "" ? {} : { "content-type": "application/json; charset=utf-8" }
  response.writeHead(status, { ...headers, ...type }).end(text)
}

type Answering = ReturnType<typeof makeAnswering>

const serve = async (answering: Answering, request: IncomingMessage, response: ServerResponse): Promise<void> => {
  const text = await readBody(request)
  if (text === null) {
    response.writeHead(413, { connection: "close" }).end()
    return
  }
  send(response, answering(request, text))
}

const listen = (server: Server) =>
  Effect.callback<string, DemoGitHubUnavailable>((resume) => {
    server.once("error", ({ message }) => resume(Effect.fail(new DemoGitHubUnavailable({ reason: message }))))
    server.listen(0, "127.0.0.1", () => {
      const address = server.address()
      const port = typeof address === "object" && address !== null ? address.port : 0
      resume(Effect.succeed(`http://127.0.0.1:${port}`))
    })
  })

const close = (server: Server) =>
  Effect.callback<void>((resume) => {
    server.close(() => resume(Effect.void))
    server.closeAllConnections()
  })

/** Starts one with a token of its own. It is closed with the scope. */
export const startDemoGitHub = Effect.fn("startDemoGitHub")(function* (seed: DemoSeed) {
  const clock = yield* Clock.Clock
  const repository = makeDemoRepository(seed, () => spellTime(clock.currentTimeMillisUnsafe()))
  const token = randomBytes(24).toString("hex")
  const server = yield* Effect.acquireRelease(
    Effect.sync(() => createServer()),
    close
  )
  const url = yield* listen(server)
  const answering = makeAnswering(repository, url, token)
  server.on("request", (request, response) => {
    // A request that breaks off or cannot be read has nobody to answer to.
    serve(answering, request, response).catch(() => response.destroy())
  })
  const github: DemoGitHub = { url, token: Redacted.make(token, { label: "the stand-in's token" }), repository }
  return github
})
