/**
 * What stands between the harness and the emulator: it makes the emulator as strict as GitHub is where it is not (tokens,
 * ETags, spellings, reactions, long comments), breaks what a test asks it to break, and shows every exchange.
 */
import { createHash } from "node:crypto"
import { createServer, type IncomingMessage, type ServerResponse } from "node:http"
import { type Fault, type OwnAnswer, ownAnswer, type Planned, problem } from "./faults.ts"

/** One request and what was answered, as it passed. */
export interface Exchange {
  readonly method: string
  /** With its query. */
  readonly path: string
  readonly requestHeaders: IncomingMessage["headers"]
  readonly requestBody: unknown
  readonly status: number
  readonly answerHeaders: Readonly<Record<string, string>>
  readonly answer: unknown
  readonly fault: Fault["kind"] | null
}

/** A point in a request's life at which a test may look, or stop the sender. */
export type Moment = "before" | "after"

/** The proxy. */
export interface FaultProxy {
  readonly url: string
  readonly exchanges: ReadonlyArray<Exchange>
  /** The next `times` requests that fit meet the fault. */
  readonly inject: (fault: Fault, method: string, path: RegExp, times?: number) => void
  /** Called before GitHub is asked, and after it did what was asked but before it is answered. */
  onMoment: (moment: Moment, method: string, path: string) => Promise<void> | void
  /** Seconds for `x-poll-interval`; null leaves it out. */
  pollInterval: number | null
  /** Reactions on a comment, which the emulator does not keep. */
  readonly reactions: Map<number, Array<{ readonly content: string; readonly login: string }>>
  readonly close: () => Promise<void>
}

/** GitHub's bound for a comment. */
const commentCharactersMax = 65_536

const readBody = async (request: IncomingMessage): Promise<string> => {
  const chunks: Array<Buffer> = []
  for await (const chunk of request) chunks.push(Buffer.from(chunk))
  return Buffer.concat(chunks).toString()
}

const parse = (text: string): unknown => {
  try {
    return text === "" ? null : JSON.parse(text)
  } catch {
    return text
  }
}

// The emulator gives milliseconds; GitHub gives none.
const githubTimes = (text: string): string => text.replace(/"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)\.\d{3}Z"/g, '"$1Z"')

// The emulator holds the text of a time with milliseconds against `since`, where a whole second comes after its own parts.
const wholeSince = (path: string): string => path.replace(/([?&]since=[^&]*\d)Z/, "$1.000Z")

/** An issue's events as GitHub gives them: what an event has not is left out, and an opening is none. */
const githubEvents = (path: string, answer: unknown): unknown => {
  if (!/\/issues\/\d+\/events/.test(path) || !Array.isArray(answer)) return answer
  const events: ReadonlyArray<Record<string, unknown>> = answer
  return events
    .filter(({ event }) => event !== "opened")
    .map(({ issue: _, ...event }) => ({
      ...Object.fromEntries(
        Object.entries(event).filter(([name, value]) => value !== null || name.startsWith("commit_"))
      ),
      performed_via_github_app: null
    }))
}

const account = (login: string) => ({ login, id: 1, type: "User" })

/** Starts the proxy before an emulator. Only requests with one of the tokens pass. */
export const startFaultProxy = async (
  upstream: string,
  tokens: ReadonlySet<string>,
  onExchange: (exchange: Exchange) => void = () => undefined
): Promise<FaultProxy> => {
  const planned: Array<Planned> = []
  const exchanges: Array<Exchange> = []

  const nextFault = (method: string, path: string): Fault | null => {
    const found = planned.find((one) => one.times > 0 && one.method === method && one.path.test(path))
    if (found === undefined) return null
    found.times--
    return found.fault
  }

  const refusal = (request: IncomingMessage, body: unknown): OwnAnswer | null => {
    const token = (request.headers.authorization ?? "").replace(/^(token|bearer) /i, "")
    if (!tokens.has(token)) return problem(401, "Bad credentials")
    const text = typeof body === "object" && body !== null && "body" in body ? body.body : ""
    const isLong = typeof text === "string" && text.length > commentCharactersMax
    return isLong ? problem(422, "Validation Failed: body is too long (maximum is 65536 characters)") : null
  }

  /** What the emulator has not. */
  const addition = (path: string): OwnAnswer | null => {
    const reaction = /\/issues\/comments\/(\d+)\/reactions/.exec(path)
    if (reaction === null) return null
    const found = proxy.reactions.get(Number(reaction[1])) ?? []
    const body = found.map(({ content, login }, index) => ({ id: index + 1, content, user: account(login) }))
    return { status: 200, headers: {}, body }
  }

  const ask = async (request: IncomingMessage, path: string, text: string): Promise<OwnAnswer> => {
    const { accept, authorization } = request.headers
    const response = await fetch(upstream + wholeSince(path), {
      method: request.method ?? "GET",
      headers: { accept: accept ?? "", authorization: authorization ?? "", "content-type": "application/json" },
      ...(text === "" ? {} : { body: text })
    })
    const raw = githubTimes(await response.text()).replaceAll(upstream, proxy.url)
    const kept = ["link", "x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset"]
    const headers = Object.fromEntries(
      kept.flatMap((name) => {
        const value = response.headers.get(name)
        return value === null ? [] : [[name, value.replaceAll(upstream, proxy.url)]]
      })
    )
    return { status: response.status, headers, body: githubEvents(path, parse(raw)) }
  }

  /** Conditional answers as GitHub gives them: `W/"x"` with a 200, `"x"` with a 304. */
  const conditional = (request: IncomingMessage, path: string, answer: OwnAnswer): OwnAnswer => {
    if (request.method !== "GET" || answer.status !== 200) return answer
    const tag = createHash("sha256")
      .update(`${path}\0${JSON.stringify(answer.body)}`)
      .digest("hex")
      .slice(0, 40)
    const headers = {
      ...answer.headers,
      ...(proxy.pollInterval === null ? {} : { "x-poll-interval": String(proxy.pollInterval) }),
      ...(path === "/user" ? { "x-oauth-scopes": "repo, read:org" } : {})
    }
    return request.headers["if-none-match"] === `W/"${tag}"`
      ? { status: 304, headers: { ...headers, etag: `"${tag}"` }, body: null }
      : { ...answer, headers: { ...headers, etag: `W/"${tag}"` } }
  }

  const reply = (response: ServerResponse, { body, headers, status }: OwnAnswer, fault: Fault | null) => {
    if (fault?.kind === "silent_after") return
    if (fault?.kind === "reset_after") {
      response.socket?.resetAndDestroy()
      return
    }
    const text = body === null ? "" : JSON.stringify(body)
    const type = text === "" ? {} : { "content-type": "application/json; charset=utf-8" }
    if (fault?.kind === "cut_after") {
      response.writeHead(status, { ...headers, ...type, "content-length": Buffer.byteLength(text) })
      response.write(text.slice(0, text.length / 2), () => response.socket?.resetAndDestroy())
      return
    }
    response.writeHead(status, { ...headers, ...type }).end(text)
  }

  const answerTo = async (request: IncomingMessage, path: string, text: string, fault: Fault | null) => {
    const refused = refusal(request, parse(text))
    const early = refused ?? (fault === null ? null : ownAnswer(fault)) ?? addition(path)
    if (early !== null) return early
    const answer = await ask(request, path, text)
    return fault?.kind === "bad_gateway_after" ? problem(502, "Server Error") : conditional(request, path, answer)
  }

  const handle = async (request: IncomingMessage, response: ServerResponse) => {
    const [method, path] = [request.method ?? "GET", request.url ?? "/"]
    const text = await readBody(request)
    await proxy.onMoment("before", method, path)
    const fault = nextFault(method, path)
    if (fault?.kind === "reset_before") {
      request.socket.resetAndDestroy()
      return
    }
    const answer = await answerTo(request, path, text, fault)
    const exchange: Exchange = {
      method,
      path,
      requestHeaders: request.headers,
      requestBody: parse(text),
      status: answer.status,
      answerHeaders: answer.headers,
      answer: answer.body,
      fault: fault?.kind ?? null
    }
    exchanges.push(exchange)
    onExchange(exchange)
    await proxy.onMoment("after", method, path)
    reply(response, answer, fault)
  }

  const server = createServer((request, response) => {
    handle(request, response).catch((error: unknown) => {
      response.writeHead(500).end(String(error))
    })
  })
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  const address = server.address()
  const port = typeof address === "object" && address !== null ? address.port : 0
  const proxy: FaultProxy = {
    url: `http://127.0.0.1:${port}`,
    exchanges,
    inject: (fault, method, path, times = 1) => planned.push({ fault, method, path, times }),
    onMoment: () => undefined,
    pollInterval: 60,
    reactions: new Map(),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      })
  }
  return proxy
}
