/** An HTTPS exchange with certificates of our own choosing, which `fetch` has no place for. */
import { type RequestOptions, request } from "node:https"
import { Readable } from "node:stream"

/** The content of PEM files. With `ca`, only what it signed is believed; checks are never turned off. */
export interface ClientTls {
  readonly ca?: string | undefined
  /** What this client shows to be known by. */
  readonly cert?: string | undefined
  readonly key?: string | undefined
  /** The name that the server's certificate must carry, where it is not the one in the address. */
  readonly servername?: string | undefined
}

const given = (tls: ClientTls): ClientTls =>
  Object.fromEntries(Object.entries(tls).filter(([, value]) => value !== undefined))

/** The options of Node's `tls.connect` for a client. */
export const tlsOptionsOf = (tls: ClientTls) => ({
  ...given(tls),
  minVersion: "TLSv1.2" as const,
  rejectUnauthorized: true
})

const withoutBody: ReadonlySet<number> = new Set([204, 205, 304])

/** As `fetch`, over HTTP/1.1, without redirects and without decompression. */
export const fetchOverTls = (
  url: URL,
  init: Pick<RequestOptions, "method" | "headers" | "signal"> & { readonly body?: string | undefined },
  tls: ClientTls
): Promise<Response> =>
  new Promise((resolve, reject) => {
    const { body, ...options } = init
    const sent = request(url, { ...options, ...tlsOptionsOf(tls) }, (incoming) => {
      const status = incoming.statusCode ?? 0
      const headers = new Headers()
      for (const [name, value] of Object.entries(incoming.headers)) {
        for (const one of Array.isArray(value) ? value : value === undefined ? [] : [value]) headers.append(name, one)
      }
      if (status < 200 || status > 599) {
        incoming.destroy()
        return reject(new Error("the server answered with no status"))
      }
      if (!withoutBody.has(status)) {
        return resolve(new Response(Readable.toWeb(incoming) as ReadableStream<Uint8Array>, { status, headers }))
      }
      incoming.resume()
      resolve(new Response(null, { status, headers }))
    })
    sent.on("error", reject)
    sent.end(body)
  })
