/** `POST /task` and `GET /health`: a task is checked whole before the mind sees it, and every refusal is a problem with a code. */
import { type Problem, problemResponse } from "@farmops/core/http/problem"
import type { Mind, MindUnavailable } from "@farmops/triage/minds/Mind"
import { type AgentHealth, decodeTask, taskBytesMax, taskTypes } from "@farmops/triage/protocol/agentWire"
import { Decision } from "@farmops/triage/protocol/Decision"
import { protocolHeader, protocolVersion } from "@farmops/triage/protocol/Task"
import { Duration, Effect, Schema, Semaphore } from "effect"
import { HttpRouter, HttpServerRequest, HttpServerResponse } from "effect/http"

/** Tasks that are thought about at once. A harness asks for fewer; more would only wait for the same model. */
export const tasksAtOnceMax = 8

// A model on a small machine needs minutes; a mind that takes longer has lost its way.
const decisionMs = 300_000

const busySeconds = 5

const problem = (status: number, code: string, title: string, detail?: string): Problem => ({
  status,
  code,
  title,
  detail
})

const refuse = (found: Problem, headers: Readonly<Record<string, string>> = {}) =>
  HttpServerResponse.setHeaders(problemResponse(found), { ...versionHeader, ...headers })

const versionHeader = { [protocolHeader]: String(protocolVersion) }

const isJson = (contentType: string | undefined) => /^application\/json\s*(?:;|$)/i.test(contentType ?? "")

const tooLarge = problem(413, "body_too_large", `A task has at most ${taskBytesMax} bytes`)

/** What is wrong with the request before its body is looked at; null where nothing is. */
const faultOfHead = (headers: Readonly<Record<string, string | undefined>>): Problem | null => {
  const version = headers[protocolHeader] ?? String(protocolVersion)
  if (version !== String(protocolVersion)) {
    const detail = `${protocolHeader} may be ${protocolVersion}`
    return problem(400, "protocol_not_spoken", "This agent does not speak that version of the protocol", detail)
  }
  if (!isJson(headers["content-type"])) return problem(415, "unsupported_media_type", "A task is application/json")
  return Number(headers["content-length"] ?? 0) > taskBytesMax ? tooLarge : null
}

const readBody = Effect.fnUntraced(function* (request: HttpServerRequest.HttpServerRequest) {
  // The server stops reading at its own bound; a body that breaks off is not told from one that is too long.
  const text = yield* Effect.mapError(request.text, () => tooLarge)
  const value = yield* Effect.try({
    try: (): unknown => JSON.parse(text),
    catch: () => problem(400, "malformed_json", "The body is not JSON")
  })
  return yield* Effect.mapError(decodeTask(value), (error) =>
    problem(422, "invalid_task", "The body is not a task of this version", error.message.slice(0, 1000))
  )
})

const unavailable = (error: MindUnavailable) =>
  problem(503, error.retryable ? "mind_unavailable" : "mind_failed", "The agent has no answer now", error.message)

const answer = Effect.fnUntraced(function* (mind: Mind, request: HttpServerRequest.HttpServerRequest) {
  const fault = faultOfHead(request.headers)
  if (fault !== null) return yield* Effect.fail(fault)
  const task = yield* readBody(request)
  const decision = yield* mind.decide(task).pipe(
    Effect.mapError(unavailable),
    Effect.timeoutOrElse({
      duration: Duration.millis(decisionMs),
      orElse: () => Effect.fail(problem(503, "mind_unavailable", "The agent has no answer in time"))
    })
  )
  return HttpServerResponse.jsonUnsafe(Schema.encodeSync(Decision)(decision), { headers: versionHeader })
})

/** The two routes for one mind. */
export const agentRoutes = (mind: Mind, version: string) =>
  HttpRouter.use((router) =>
    Effect.gen(function* () {
      const permits = yield* Semaphore.make(tasksAtOnceMax)
      const health: AgentHealth = {
        status: "ok",
        agent: "issue-triage",
        version,
        mind: mind.name,
        protocol_versions: [protocolVersion],
        task_types: taskTypes
      }
      yield* router.add("GET", "/health", HttpServerResponse.jsonUnsafe(health, { headers: versionHeader }))
      yield* router.add(
        "POST",
        "/task",
        Effect.gen(function* () {
          const request = yield* HttpServerRequest.HttpServerRequest
          const given = yield* permits.withPermitsIfAvailable(1)(
            Effect.catch(answer(mind, request), (found) => Effect.succeed(refuse(found)))
          )
          if (given._tag === "Some") return given.value
          const busy = problem(503, "busy", `This agent thinks about ${tasksAtOnceMax} tasks at once`)
          return refuse(busy, { "retry-after": String(busySeconds) })
        })
      )
    })
  )
