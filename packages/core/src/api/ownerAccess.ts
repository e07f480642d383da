/** Who may call a route. Authority is the middleware's to give: a route that needs the owner says so in the API's definition. */
import { Effect, Layer, type Redacted, Schema } from "effect"
import { HttpApiError, HttpApiMiddleware, HttpApiSecurity } from "effect/http-api"
import { OwnerToken } from "../farm/OwnerToken.ts"

/** The owner's token is missing or wrong. */
export class OwnerOnly extends HttpApiError.Problem<OwnerOnly>()(
  "OwnerOnly",
  { type: "about:blank", status: 401, title: "This needs the owner's token" },
  { code: Schema.Literal("owner_token_required"), detail: Schema.String }
) {}

const security = { owner: HttpApiSecurity.bearer }

/** Lets a request through when it carries the owner's token, or anyway where `open` says so. */
const guard = (open: boolean) =>
  Effect.map(OwnerToken, (owner) => ({
    // Untrusted: the credential may come from anybody.
    owner: <A, E, R>(
      answer: Effect.Effect<A, E, R>,
      { credential }: { readonly credential: Redacted.Redacted<string> }
    ) =>
      open || owner.matches(credential)
        ? answer
        : Effect.fail(
            new OwnerOnly({ code: "owner_token_required", detail: "Send it as Authorization: Bearer TOKEN." })
          )
  }))

/** For routes that change something: always the owner. */
export class RequireOwner extends HttpApiMiddleware.Service<RequireOwner>()("@farmops/core/api/RequireOwner", {
  error: OwnerOnly,
  security
}) {
  static readonly layer: Layer.Layer<RequireOwner, never, OwnerToken> = Layer.effect(this, guard(false))
}

/** For routes that show the owner's proofs and agents: open where only this machine can ask, the owner's elsewhere. */
export class OwnerReads extends HttpApiMiddleware.Service<OwnerReads>()("@farmops/core/api/OwnerReads", {
  error: OwnerOnly,
  security
}) {
  static readonly layer = (open: boolean): Layer.Layer<OwnerReads, never, OwnerToken> => Layer.effect(this, guard(open))
}
