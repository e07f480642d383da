/** The tracker's routes about watching it over WebSocket. The connection itself is `liveDoor`'s: OpenAPI knows no frames. */
import { ProofTimestamp } from "@farmops/proof/FarmProof"
import { Schema } from "effect"
import { HttpApiEndpoint, HttpApiError, HttpApiGroup, HttpApiSchema, OpenApi } from "effect/http-api"
import { OwnerReads, RequireOwner } from "./ownerAccess.ts"

/** The request did not ask for a WebSocket. */
export class UpgradeRequired extends HttpApiError.Problem<UpgradeRequired>()(
  "UpgradeRequired",
  { type: "about:blank", status: 426, title: "This address speaks WebSocket" },
  { code: Schema.Literal("upgrade_required"), detail: Schema.String }
) {}

/** A ticket that opens one connection. */
export const TicketAnswer = Schema.Struct({
  /** Sent as the subprotocol `farmops.ticket.TICKET` beside `farmops.live.v1`. */
  ticket: Schema.String,
  expires_at: ProofTimestamp
})

const about = (summary: string) => OpenApi.annotations({ summary })

const liveText =
  "A WebSocket (subprotocol farmops.live.v1) that says the farm at once and on each change, as text {event: farm, data: the farm}; for the owner with a token or a ticket, for anybody where the tracker listens on loopback only"

/** Watching. */
export class LiveGroup extends HttpApiGroup.make("live")
  .annotate(OpenApi.Description, "The farm live, for whoever cannot read server-sent events.")
  .add(
    HttpApiEndpoint.get("live", "/live", { success: HttpApiSchema.Empty(101), error: UpgradeRequired }).annotateMerge(
      about(liveText)
    )
  )
  .middleware(OwnerReads)
  .prefix("/api/v1") {}

/** Tickets for browsers. */
export class LiveTicketGroup extends HttpApiGroup.make("liveTickets")
  .annotate(OpenApi.Description, "A browser cannot send the owner's token with a WebSocket; it sends a ticket instead.")
  .add(
    HttpApiEndpoint.post("liveTicket", "/live/ticket", { success: TicketAnswer }).annotateMerge(
      about("A ticket that opens one WebSocket within half a minute")
    )
  )
  .middleware(RequireOwner)
  .prefix("/api/v1") {}
