/** A tracker spoken to over plain REST: one request for each proof. */
import { Effect, Redacted, Schema } from "effect"
import { EnrolmentAnswer, type EnrolmentRequest } from "../farm/Enrolment.ts"
import { boundedFetch } from "../http/boundedFetch.ts"
import { decodeAnswer, fetchDefaults } from "../http/fetchJson.ts"
import { type SubmitResult, submitTimeoutMs, TrackerRefused, TrackerUnavailable } from "./submission.ts"
import type { TrackerAccess } from "./TrackerAccess.ts"

/** What `POST /api/v1/proofs` answers, as far as an agent needs it: scored, or set aside until the agent is approved. */
const Accepted = Schema.Union([
  Schema.Struct({ coins: Schema.Int, already: Schema.Boolean }),
  Schema.Struct({ pending: Schema.Literal(true), already: Schema.Boolean })
])

// Of all refusals only these pass by themselves: a proxy or the tracker is busy, slow or being restarted.
const passing = new Set([408, 425, 429, 500, 502, 503, 504])

const post = Effect.fnUntraced(function* <A, I>(
  schema: Schema.Codec<A, I>,
  url: string,
  body: string,
  { apiKey, tls }: TrackerAccess
) {
  const request = {
    ...fetchDefaults,
    timeoutMs: submitTimeoutMs,
    url,
    method: "POST",
    headers: {
      "content-type": "application/json",
      ...(apiKey !== undefined && { authorization: `Bearer ${Redacted.value(apiKey)}` })
    },
    ...(tls !== undefined && { tls }),
    body
  } as const
  return yield* Effect.flatMap(boundedFetch(request), (answer) => decodeAnswer(schema, answer)).pipe(
    Effect.catchTags({
      FetchFailed: ({ reason }) => Effect.fail(new TrackerUnavailable({ reason, retryAfterMs: null })),
      FetchRefused: ({ code, detail, retryAfterSeconds, status }) =>
        Effect.fail(
          passing.has(status)
            ? new TrackerUnavailable({
                reason: code,
                retryAfterMs: retryAfterSeconds === null ? null : retryAfterSeconds * 1000
              })
            : new TrackerRefused({ status, code, detail })
        )
    })
  )
})

/** Enrols over REST. */
export const enrollOverRest = (baseUrl: string, access: TrackerAccess = {}) =>
  Effect.fn("TrackerClient.enroll")(function* (request: EnrolmentRequest) {
    return yield* post(EnrolmentAnswer, `${baseUrl}/api/v1/agents/enroll`, JSON.stringify(request), access)
  })

/** Submits proofs one by one and stops at the first that is refused. */
export const submitOverRest = (baseUrl: string, access: TrackerAccess = {}) =>
  Effect.fn("TrackerClient.submit")(function* (lines: ReadonlyArray<string>) {
    const results: Array<SubmitResult> = []
    for (const line of lines) {
      const result = yield* post(Accepted, `${baseUrl}/api/v1/proofs`, line, access).pipe(
        Effect.map((accepted): SubmitResult => ({ coins: 0, pending: false, ...accepted, code: null, detail: "" })),
        Effect.catchTag("TrackerRefused", ({ code, detail }) =>
          Effect.succeed<SubmitResult>({ coins: 0, pending: false, already: false, code, detail })
        ),
        // What was accepted before the tracker went away is accepted: say so, and let the next batch meet the silence.
        Effect.catchTag("TrackerUnavailable", (error) =>
          results.length > 0 ? Effect.succeed(null) : Effect.fail(error)
        )
      )
      if (result === null) break
      results.push(result)
      if (result.code !== null) break
    }
    return results
  })
