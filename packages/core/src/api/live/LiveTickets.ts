/**
 * Tickets for a browser that wants to watch: it cannot set a header on a WebSocket, and the owner's token has no business in an
 * address. A ticket opens one connection within half a minute.
 */
import { randomBytes } from "node:crypto"
import { Clock, Context, Effect, Layer } from "effect"

/** Long enough to open a connection over a slow line. */
export const ticketSeconds = 30

/** Unused tickets at a time; the oldest is forgotten for a new one. */
const ticketsMax = 64

/** See the module. */
export class LiveTickets extends Context.Service<LiveTickets>()("@farmops/core/api/LiveTickets", {
  make: Effect.sync(() => {
    const tickets = new Map<string, number>()
    return {
      /** A fresh ticket. */
      issue: Effect.map(Clock.currentTimeMillis, (now) => {
        const [oldest] = tickets.keys()
        if (tickets.size >= ticketsMax && oldest !== undefined) tickets.delete(oldest)
        const ticket = randomBytes(32).toString("hex")
        tickets.set(ticket, now + ticketSeconds * 1000)
        return ticket
      }),
      /** Whether the ticket was good; it is none any more. */
      redeem: (ticket: string) =>
        Effect.map(Clock.currentTimeMillis, (now) => {
          const until = tickets.get(ticket)
          tickets.delete(ticket)
          return until !== undefined && now < until
        })
    } as const
  })
}) {
  static readonly layer = Layer.effect(this, this.make)
}
