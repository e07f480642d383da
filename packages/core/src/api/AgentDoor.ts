/** Finds out which agent is asking, for both doors of the tracker: by an API key, or by a certificate that the owner's authority signed. */
import { createHash } from "node:crypto"
import type { IncomingMessage } from "node:http"
import type { Http2ServerRequest } from "node:http2"
import { TLSSocket } from "node:tls"
import * as NodeHttpServerRequest from "@effect/platform-node/NodeHttpServerRequest"
import { Context, Effect, Layer, Redacted } from "effect"
import { HttpServerRequest } from "effect/http"
import { HttpApiMiddleware, HttpApiSecurity } from "effect/http-api"
import type { LedgerUnavailable } from "../farm/LedgerUnavailable.ts"
import { AgentKeys } from "../farm/trust/AgentKeys.ts"
import type { Sender } from "../farm/trust/Sender.ts"
import { LedgerAway } from "./trackerProblems.ts"

const agentName = /^(?:urn:uuid:)?([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/

/**
 * The agent that a certificate names: its id as the common name, or as `urn:uuid:ID` among the alternative names. Null
 * without one that the tracker's authority for clients signed.
 */
export const certifiedAgent = (request: IncomingMessage | Http2ServerRequest): string | null => {
  const socket = "stream" in request ? request.stream.session?.socket : request.socket
  // `authorized` is Node's word that the chain leads to the configured authority.
  if (!(socket instanceof TLSSocket) || !socket.authorized) return null
  const { subject, subjectaltname = "" } = socket.getPeerCertificate()
  const uris = subjectaltname.split(", ").map((name) => name.replace(/^URI:/, ""))
  const names = [subject?.CN ?? "", ...uris].flat()
  return names.map((name) => agentName.exec(String(name).toLowerCase())?.[1]).find((id) => id !== undefined) ?? null
}

/** More agents than one owner has; beyond it all are looked up again. */
const seenKeysMax = 1000

const digestOf = (key: string): string => createHash("sha256").update(key, "utf8").digest("hex")

/** What was shown at the door. */
export interface Shown {
  readonly bearer: Redacted.Redacted<string> | null
  readonly certified: string | null
}

/** See the top of the file. */
export class AgentDoor extends Context.Service<
  AgentDoor,
  {
    readonly identify: (shown: Shown) => Effect.Effect<Sender, LedgerUnavailable>
    /** Whose a key was when it was last shown; null for one that was never good. Good enough to count requests by. */
    readonly knownAgent: (bearer: string) => string | null
  }
>()("@farmops/core/api/AgentDoor") {
  static readonly layer = (options: { readonly mustBeKnown: boolean }): Layer.Layer<AgentDoor, never, AgentKeys> =>
    Layer.effect(
      this,
      Effect.map(AgentKeys, (keys) => {
        const seen = new Map<string, string>()
        const remember = (key: string, agentId: string) => {
          if (seen.size >= seenKeysMax) seen.clear()
          seen.set(digestOf(key), agentId)
        }
        return {
          identify: Effect.fnUntraced(function* ({ bearer, certified }: Shown) {
            const keyed = bearer === null ? null : yield* keys.agentOf(bearer)
            if (bearer !== null && keyed !== null) remember(Redacted.value(bearer), keyed)
            return { agentId: keyed ?? certified, mustBeKnown: options.mustBeKnown }
          }),
          knownAgent: (bearer) => seen.get(digestOf(bearer)) ?? null
        }
      })
    )
}

/** Who the asking agent is, for the handler of a request. */
export class AskingAgent extends Context.Service<AskingAgent, Sender>()("@farmops/core/api/AskingAgent") {}

/** For routes of agents: finds out who asks. Whether that is enough is decided with the proof at hand. */
export class ForAgents extends HttpApiMiddleware.Service<ForAgents, { provides: AskingAgent }>()(
  "@farmops/core/api/ForAgents",
  { error: LedgerAway, security: { agent: HttpApiSecurity.bearer } }
) {
  static readonly layer: Layer.Layer<ForAgents, never, AgentDoor> = Layer.effect(
    this,
    Effect.map(AgentDoor, ({ identify }) => ({
      agent: (answer, { credential }) =>
        Effect.gen(function* () {
          const request = yield* HttpServerRequest.HttpServerRequest
          const certified = certifiedAgent(NodeHttpServerRequest.toIncomingMessage(request))
          const sender = yield* identify({ bearer: credential, certified }).pipe(
            Effect.mapError(() => new LedgerAway({ code: "ledger_unavailable" }))
          )
          return yield* Effect.provideService(answer, AskingAgent, sender)
        })
    }))
  )
}
