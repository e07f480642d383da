/** The tracker's routes about its own keys: what everybody may follow, and what the owner decides. */
import { Schema } from "effect"
import { HttpApiEndpoint, HttpApiError, HttpApiGroup, OpenApi } from "effect/http-api"
import { FarmKeyList } from "../farm/keys/FarmKeyList.ts"
import { RotatedKey } from "../farm/keys/FarmKeys.ts"
import { idempotencyHeaders, OnceByKey } from "./onceByKey.ts"
import { RequireOwner } from "./ownerAccess.ts"
import { OpenToAll } from "./routeRoles.ts"
import { LedgerAway } from "./trackerProblems.ts"

/** The key stays what it was. */
export class KeyNotRotated extends HttpApiError.Problem<KeyNotRotated>()(
  "KeyNotRotated",
  { type: "about:blank", status: 409, title: "The tracker's key was not rotated" },
  { code: Schema.Literals(["rotations_exhausted", "tracker_key_unusable"]), detail: Schema.String }
) {}

/** The token stays what it was. */
export class TokenNotRotated extends HttpApiError.Problem<TokenNotRotated>()(
  "TokenNotRotated",
  { type: "about:blank", status: 409, title: "The owner's token was not rotated" },
  { code: Schema.Literals(["owner_token_chosen", "owner_token_unusable"]), detail: Schema.String }
) {}

/** The answer to a rotation of the owner's token: it is not shown again. */
export const RotatedToken = Schema.Struct({ owner_token: Schema.String })

const about = (summary: string) => OpenApi.annotations({ summary })

/** What strangers may know. */
export class KeyGroup extends HttpApiGroup.make("keys")
  .annotate(OpenApi.Description, "The tracker's own keys, for everybody who follows them.")
  .add(
    HttpApiEndpoint.get("keys", "/keys", { success: FarmKeyList, error: LedgerAway }).annotateMerge(
      about("The tracker's key, and every rotation that led to it, each as the line that the key before it signed")
    )
  )
  .annotate(OpenToAll, true)
  .prefix("/api/v1/public") {}

/** What the owner decides. */
export class KeyDecisionGroup extends HttpApiGroup.make("keyDecisions")
  .annotate(OpenApi.Description, "The owner's decisions on the tracker's key.")
  .add(
    HttpApiEndpoint.post("rotateKey", "/key/rotate", {
      headers: idempotencyHeaders,
      success: RotatedKey,
      error: [KeyNotRotated, LedgerAway]
    }).annotateMerge(about("Hand the tracker over to a fresh key, which it makes itself; the one before is gone then"))
  )
  // Before the routes whose answer is a secret: those are kept nowhere.
  .middleware(OnceByKey)
  .add(
    HttpApiEndpoint.post("rotateToken", "/owner/token/rotate", {
      success: RotatedToken,
      error: [TokenNotRotated, LedgerAway]
    }).annotateMerge(about("A fresh token for the owner, shown this once; the one before opens nothing from then on"))
  )
  .middleware(RequireOwner)
  .prefix("/api/v1") {}
