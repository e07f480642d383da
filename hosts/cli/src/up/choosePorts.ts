/** Which port each service of `up` takes. Loopback only, so the numbers need no more than to be known. */

import { createServer } from "node:net"
import { Effect } from "effect"

/** One port per service. */
export interface Ports {
  readonly tracker: number
  readonly agent: number
  readonly grpc: number
  readonly village: number
}

/** Where the services are when nobody says otherwise. */
export const usualPorts: Ports = { tracker: 8443, agent: 8444, grpc: 8445, village: 8080 }

const freePort = Effect.callback<number>((resume) => {
  const server = createServer()
  server.listen(0, "127.0.0.1", () => {
    const address = server.address()
    const port = typeof address === "object" && address !== null ? address.port : 0
    server.close(() => resume(Effect.succeed(port)))
  })
})

/** `null` is the usual ports, N is N to N+3, and 0 is four that are free now. */
export const choosePorts = Effect.fn("choosePorts")(function* (base: number | null) {
  if (base === null) return usualPorts
  if (base > 0) return { tracker: base, agent: base + 1, grpc: base + 2, village: base + 3 } satisfies Ports
  const [tracker, agent, grpc, village] = yield* Effect.all([freePort, freePort, freePort, freePort], {
    concurrency: "unbounded"
  })
  return { tracker, agent, grpc, village } satisfies Ports
})
