/** Answers the routes about the tracker's own keys. Translates the errors of `FarmKeys`, each to one problem. */
import { Effect, Layer, Redacted } from "effect"
import { HttpApiBuilder } from "effect/http-api"
import { FarmKeys } from "../farm/keys/FarmKeys.ts"
import { OwnerToken } from "../farm/OwnerToken.ts"
import { KeyNotRotated, TokenNotRotated } from "./KeyApi.ts"
import { away, orAway } from "./ledgerAnswers.ts"
import { TrackerApi } from "./TrackerApi.ts"

const keys = HttpApiBuilder.group(
  TrackerApi,
  "keys",
  Effect.fnUntraced(function* (handlers) {
    const farmKeys = yield* FarmKeys
    return handlers.handleAll({ keys: () => orAway(farmKeys.list) })
  })
)

const decisions = HttpApiBuilder.group(
  TrackerApi,
  "keyDecisions",
  Effect.fnUntraced(function* (handlers) {
    const farmKeys = yield* FarmKeys
    const owner = yield* OwnerToken
    return handlers.handleAll({
      rotateToken: () =>
        Effect.map(owner.rotate, (token) => ({ owner_token: Redacted.value(token) })).pipe(
          Effect.catchTags({
            OwnerTokenChosen: ({ message }) =>
              Effect.fail(new TokenNotRotated({ code: "owner_token_chosen", detail: `${message}.` })),
            OwnerTokenUnusable: ({ message }) =>
              Effect.andThen(
                // The message names a path of this machine.
                Effect.logError(message),
                Effect.fail(
                  new TokenNotRotated({
                    code: "owner_token_unusable",
                    detail: "The token's file cannot be written; the tracker's log says why."
                  })
                )
              ),
            LedgerUnavailable: away
          })
        ),
      rotateKey: () =>
        farmKeys.rotate.pipe(
          Effect.catchTags({
            RotationsExhausted: ({ message }) =>
              Effect.fail(new KeyNotRotated({ code: "rotations_exhausted", detail: `${message}.` })),
            TrackerKeyUnusable: ({ message }) =>
              Effect.andThen(
                // The message names a path of this machine.
                Effect.logError(message),
                Effect.fail(
                  new KeyNotRotated({
                    code: "tracker_key_unusable",
                    detail: "A new key cannot be kept beside the present one; the tracker's log says why."
                  })
                )
              ),
            LedgerUnavailable: away
          })
        )
    })
  })
)

/** Handlers of both groups. */
export const layerKeyHandlers = Layer.mergeAll(keys, decisions)
