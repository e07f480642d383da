/** Asks a tracker on this machine whether it can serve; for containers, whose image has no other program to ask with. */
import { X509Certificate } from "node:crypto"
import { readFileSync } from "node:fs"
import { get as getHttp, type IncomingMessage } from "node:http"
import { get as getHttps } from "node:https"
import { TLSSocket } from "node:tls"
import { exitCodes } from "@farmops/core/host/exitCodes"
import { Effect, Runtime, Schema } from "effect"

/** It does not answer, or a part of it is not ready; the message says which. */
export class NotReady extends Schema.TaggedError<NotReady>()("NotReady", { message: Schema.String }) {
  override readonly [Runtime.errorExitCode] = exitCodes.unavailable
}

// A tracker that is at work on a large group answers within a second.
const waitMs = 5000

/** Its words are one line for each part. */
const wordsMax = 200

const place = { host: "127.0.0.1", path: "/readyz", timeout: waitMs }

const fingerprintOf = (file: string) =>
  Effect.try({
    try: () => new X509Certificate(readFileSync(file)).fingerprint256,
    catch: () => new NotReady({ message: `${file} is no certificate that can be read` })
  })

// Over TLS the very certificate of the file has to answer: its names are those of the tracker, not of this machine.
const shows = ({ socket }: IncomingMessage, fingerprint: string): boolean =>
  socket instanceof TLSSocket && socket.getPeerX509Certificate()?.fingerprint256 === fingerprint

const ask = (port: number, fingerprint: string | null): Effect.Effect<void, NotReady> =>
  Effect.callback<void, NotReady>((resume) => {
    const fail = (message: string) => resume(Effect.fail(new NotReady({ message })))
    const read = (response: IncomingMessage) => {
      let words = ""
      response.setEncoding("utf8")
      response.on("data", (text: string) => {
        words = (words + text).slice(0, wordsMax)
      })
      response.on("end", () => (response.statusCode === 200 ? resume(Effect.void) : fail(words.trim())))
    }
    const readOverTls = (response: IncomingMessage) => {
      if (fingerprint !== null && shows(response, fingerprint)) return read(response)
      response.destroy()
      fail(`another certificate answers on port ${port}`)
    }
    const request =
      fingerprint === null
        ? getHttp({ ...place, port }, read)
        : getHttps({ ...place, port, rejectUnauthorized: false }, readOverTls)
    request.on("timeout", () => request.destroy())
    request.on("error", () => fail(`no tracker answers on port ${port}`))
    return Effect.sync(() => request.destroy())
  })

/** Succeeds when `/readyz` says yes. `tlsCert` is the file with which the tracker speaks TLS, null where it does not. */
export const healthcheck = (port: number, tlsCert: string | null): Effect.Effect<void, NotReady> =>
  Effect.flatMap(tlsCert === null ? Effect.succeed(null) : fingerprintOf(tlsCert), (fingerprint) =>
    ask(port, fingerprint)
  )
