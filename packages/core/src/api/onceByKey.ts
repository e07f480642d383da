/**
 * Requests of the owner that may be sent again: with an `Idempotency-Key` the same request is done once and answered the same,
 * and another one with that key is refused. The shop's own routes do it in the transaction that they decide in; this is for
 * the rest.
 */
import { createHash } from "node:crypto"
import { DateTime, Deferred, Effect, Layer, Option, Schema } from "effect"
import { HttpServerRequest, HttpServerResponse } from "effect/http"
import { HttpApiError, HttpApiMiddleware } from "effect/http-api"
import { SqlClient } from "effect/sql"
import { orLedgerUnavailable } from "../farm/LedgerUnavailable.ts"
import { keepAnswer, readAnswer } from "../farm/shop/answerOnce.ts"
import { underFarmLock } from "../farm/underFarmLock.ts"
import { away } from "./ledgerAnswers.ts"
import { LedgerAway } from "./trackerProblems.ts"

/** The `Idempotency-Key` came before, with another request. Nothing changed. */
export class RequestKeyTaken extends HttpApiError.Problem<RequestKeyTaken>()(
  "RequestKeyTaken",
  { type: "about:blank", status: 422, title: "This Idempotency-Key belongs to another request" },
  { code: Schema.Literal("idempotency_key_reused"), detail: Schema.String }
) {}

/** Nothing was done. */
export const keyTaken = () =>
  Effect.fail(
    new RequestKeyTaken({
      code: "idempotency_key_reused",
      detail: "Another request was sent with this key; nothing was done. Send this one with a key of its own."
    })
  )

const keyPattern = /^[\x21-\x7e]{1,255}$/

/** For every POST of the owner. The newest 1000 keys are remembered, those of the shop and the others together. */
export const idempotencyHeaders = {
  "idempotency-key": Schema.optionalKey(Schema.String.check(Schema.isPattern(keyPattern)))
}

/** Longer than anybody tries again. The shop's keys are forgotten by their number alone. */
const keptMs = 24 * 3_600_000

/** Answers are short; a longer one is not kept. */
const answerCharsMax = 65_536

const Kept = Schema.fromJsonString(
  Schema.Struct({ at: Schema.Int, status: Schema.Int, type: Schema.String, body: Schema.String })
)
const decodeKept = Schema.decodeUnknownOption(Kept)
const encodeKept = Schema.encodeSync(Kept)

const answerOf = ({ body, status, type }: typeof Kept.Type) =>
  HttpServerResponse.text(body, { status, contentType: type })

const fingerprint = (request: HttpServerRequest.HttpServerRequest, body: string): string =>
  createHash("sha256").update(`${request.method} ${request.url}\n${body}`, "utf8").digest("hex")

/** Declared below the owner's check, so that only the owner's keys are looked up or kept. */
export class OnceByKey extends HttpApiMiddleware.Service<OnceByKey>()("@farmops/core/api/OnceByKey", {
  error: [RequestKeyTaken, LedgerAway]
}) {
  static readonly layer: Layer.Layer<OnceByKey, never, SqlClient.SqlClient> = Layer.effect(
    this,
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const onLedger = <A, E>(effect: Effect.Effect<A, E, SqlClient.SqlClient>) =>
        orLedgerUnavailable(Effect.provideService(effect, SqlClient.SqlClient, sql))
      const running = new Map<string, Deferred.Deferred<void>>()

      /** The second of two requests with one key waits for the first one's answer. */
      const alone = <A, E, R>(key: string, effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
        Effect.suspend(() => {
          const before = running.get(key)
          if (before !== undefined) return Effect.andThen(Deferred.await(before), alone(key, effect))
          const done = Deferred.makeUnsafe<void>()
          running.set(key, done)
          return Effect.ensuring(
            effect,
            Effect.suspend(() => {
              running.delete(key)
              return Deferred.succeed(done, undefined)
            })
          )
        })

      const find = Effect.fnUntraced(function* (key: string, sha256: string, now: number) {
        const known = yield* Effect.catchTag(onLedger(readAnswer(key)), "LedgerUnavailable", away)
        if (known === null) return null
        const kept = Option.getOrNull(decodeKept(known.answer))
        if (kept !== null && now - kept.at > keptMs) return null
        if (known.request_sha256 !== sha256 || kept === null) return yield* keyTaken()
        return answerOf(kept)
      })

      const keep = Effect.fnUntraced(function* (
        key: string,
        sha256: string,
        now: number,
        response: HttpServerResponse.HttpServerResponse
      ) {
        const { body, headers, status } = response
        if (body._tag !== "Uint8Array" || body.body.length > answerCharsMax) return
        const text = new TextDecoder().decode(body.body)
        const answer = encodeKept({ at: now, status, type: headers["content-type"] ?? body.contentType, body: text })
        yield* onLedger(underFarmLock(keepAnswer(key, sha256, answer))).pipe(
          // What was asked for is done; only a second time would do it again.
          Effect.catchTag("LedgerUnavailable", () => Effect.logWarning("an answer could not be kept under its key"))
        )
      })

      return (answer) =>
        Effect.gen(function* () {
          const request = yield* HttpServerRequest.HttpServerRequest
          const key = request.headers["idempotency-key"]
          if (request.method !== "POST" || key === undefined || !keyPattern.test(key)) return yield* answer
          const body = Option.getOrNull(yield* Effect.option(request.text))
          // The handler says what is wrong with it.
          if (body === null) return yield* answer
          const sha256 = fingerprint(request, body)
          const now = (yield* DateTime.now).epochMilliseconds
          return yield* alone(
            key,
            Effect.gen(function* () {
              const known = yield* find(key, sha256, now)
              if (known !== null) return known
              const response = yield* answer
              yield* keep(key, sha256, now, response)
              return response
            }).pipe(Effect.uninterruptible)
          )
        })
    })
  )
}
