/**
 * Asks a tracker for its public snapshot, or for its keys. A farmer chooses the address, so this is the place where a village could be made to
 * knock on doors of its own network: two paths, no redirects, bounded time and size, and only addresses that were checked.
 */
import { lookup as resolve } from "node:dns"
import { type IncomingMessage, type RequestOptions, request as requestHttp } from "node:http"
import { request as requestHttps } from "node:https"
import { isIP, type LookupFunction } from "node:net"
import { Context, Effect, Layer, Schema } from "effect"
import { isPublicAddress } from "./publicAddress.ts"
import { parseTrackerUrl } from "./Registration.ts"

/** Why no snapshot came. A closed list: it is stored and shown as it is. */
export const silences = [
  /** The address is not one that this village calls. */
  "address_refused",
  "unreachable",
  "timed_out",
  "too_large",
  /** The tracker answered with a redirect; none is followed. */
  "redirected",
  "bad_status"
] as const

/** No snapshot came. `address_refused` is about the address itself; of the others a retry may help. */
export class TrackerSilent extends Schema.TaggedError<TrackerSilent>()("TrackerSilent", {
  reason: Schema.Literals(silences)
}) {}

/** The limits of one pull. */
export interface SnapshotSourceOptions {
  /** Whether addresses of private networks and of this machine may be called. */
  readonly allowPrivateAddresses: boolean
  /** The whole exchange, name resolution included. */
  readonly timeoutMs?: number
}

/**
 * A tracker at home behind a slow line answers within this; one that does not waits for its next turn. Below the time that a
 * tracker waits for the answer to its registration, so that it hears why.
 */
export const pullTimeoutMs = 8000

/** 400 farm-days in six categories take about 200 kB. */
export const snapshotBytesMax = 1024 * 1024

const headerBytesMax = 16 * 1024

const paths = { snapshot: "/api/v1/public/snapshot", keys: "/api/v1/public/keys" } as const

class AddressRefused extends Error {}

// Used for the connection itself: what was checked is what is called, so a name cannot change its address in between.
const lookupPublic: LookupFunction = (hostname, options, callback) => {
  resolve(hostname, { ...options, all: true }, (error, found) => {
    const [first] = found ?? []
    if (error !== null || first === undefined) return callback(error ?? new Error("no address"), "")
    if (!found.every(({ address }) => isPublicAddress(address))) return callback(new AddressRefused(), "")
    return options.all === true ? callback(null, found) : callback(null, first.address, first.family)
  })
}

const bareHost = (url: URL): string => url.hostname.replace(/^\[|\]$/g, "")

const send = (url: URL, options: RequestOptions) =>
  (url.protocol === "https:" ? requestHttps : requestHttp)(url, options)

const silent = (reason: TrackerSilent["reason"]) => new TrackerSilent({ reason })

const readBody = (response: IncomingMessage, done: (result: string | TrackerSilent) => void): void => {
  const chunks: Array<Buffer> = []
  let bytes = 0
  response.on("data", (chunk: Buffer) => {
    bytes += chunk.length
    // Untrusted: the length that a server announces need not be the length that it sends.
    if (bytes > snapshotBytesMax) {
      response.destroy()
      done(silent("too_large"))
    } else chunks.push(chunk)
  })
  response.on("end", () => done(Buffer.concat(chunks).toString("utf8")))
  response.on("error", () => done(silent("unreachable")))
}

const exchange = (url: URL, allowPrivate: boolean) =>
  Effect.callback<string, TrackerSilent>((resume) => {
    const done = (result: string | TrackerSilent) =>
      resume(typeof result === "string" ? Effect.succeed(result) : Effect.fail(result))
    const request = send(url, {
      // A connection of its own: none is kept open for a host that a stranger named.
      agent: false,
      headers: { accept: "application/json", "accept-encoding": "identity", "user-agent": "farmops-village" },
      maxHeaderSize: headerBytesMax,
      ...(allowPrivate ? {} : { lookup: lookupPublic })
    })
    request.on("error", (error) => done(silent(error instanceof AddressRefused ? "address_refused" : "unreachable")))
    request.on("response", (response) => {
      const { statusCode = 0 } = response
      if (statusCode === 200) return readBody(response, done)
      request.destroy()
      done(silent(statusCode >= 300 && statusCode < 400 ? "redirected" : "bad_status"))
    })
    request.end()
    return Effect.sync(() => request.destroy())
  })

const pull = (what: keyof typeof paths, options: SnapshotSourceOptions) =>
  Effect.fn(`SnapshotSource.${what}`)(function* (trackerUrl: string) {
    const url = parseTrackerUrl(trackerUrl)
    if (url === null) return yield* silent("address_refused")
    const { allowPrivateAddresses, timeoutMs = pullTimeoutMs } = options
    // An address in digits is never looked up, so it is checked here.
    const host = bareHost(url)
    if (!allowPrivateAddresses && isIP(host) !== 0 && !isPublicAddress(host)) return yield* silent("address_refused")
    url.pathname = `${url.pathname.replace(/\/$/, "")}${paths[what]}`
    return yield* exchange(url, allowPrivateAddresses).pipe(
      Effect.timeoutOrElse({ duration: timeoutMs, orElse: () => Effect.fail(silent("timed_out")) })
    )
  })

/** Where snapshots come from. */
export class SnapshotSource extends Context.Service<
  SnapshotSource,
  {
    /** The body of the answer, unchecked. */
    readonly pull: (trackerUrl: string) => Effect.Effect<string, TrackerSilent>
    /** What the tracker says of its own keys, unchecked; within the same limits. */
    readonly pullKeys: (trackerUrl: string) => Effect.Effect<string, TrackerSilent>
  }
>()("@farmops/core/village/SnapshotSource") {
  static readonly layer = (options: SnapshotSourceOptions): Layer.Layer<SnapshotSource> =>
    Layer.succeed(this, { pull: pull("snapshot", options), pullKeys: pull("keys", options) })
}
