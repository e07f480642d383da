/** A server's certificate and key as files: read whole, checked as a pair, read again when they change or on SIGHUP. */
import { X509Certificate } from "node:crypto"
import { createSecureContext, type SecureContextOptions } from "node:tls"
import { Effect, FileSystem, Queue, Runtime, Schema } from "effect"
import { exitCodes } from "./exitCodes.ts"

/** Where they lie. Clients that show a certificate of `clientCa` are known by it. */
export interface TlsFiles {
  readonly cert: string
  readonly key: string
  readonly clientCa?: string | undefined
  /** How often the files are looked at; a minute's delay after a renewal matters to nobody. */
  readonly lookEveryMs?: number | undefined
}

/** The files cannot be read, or are no certificate with its key. */
export class TlsUnusable extends Schema.TaggedError<TlsUnusable>()("TlsUnusable", {
  path: Schema.String,
  reason: Schema.String
}) {
  override get message() {
    return `TLS: ${this.path} ${this.reason}`
  }
  override readonly [Runtime.errorExitCode] = exitCodes.config
}

/** What a TLS server is given. */
export type TlsMaterial = Readonly<Required<Pick<SecureContextOptions, "cert" | "key">>> &
  Pick<SecureContextOptions, "ca"> & { readonly minVersion: "TLSv1.2" }

const lookEveryMsDefault = 30_000

const readFile = Effect.fnUntraced(function* (path: string) {
  const fs = yield* FileSystem.FileSystem
  return yield* fs
    .readFileString(path)
    .pipe(Effect.mapError(({ reason }) => new TlsUnusable({ path, reason: `cannot be read (${reason._tag})` })))
})

// OpenSSL's own words name no content of the files.
const reasonOf = (cause: unknown): string => {
  const code = typeof cause === "object" && cause !== null && "code" in cause ? String(cause.code) : "unknown"
  return code === "ERR_OSSL_X509_KEY_VALUES_MISMATCH"
    ? "and the key do not belong together"
    : `with its key cannot be used (${code})`
}

/**
 * The certificates of a file. One that is empty, as while it is written anew, would make a server that shows none, or one that
 * believes everybody whom this process believes.
 */
export const readCertificates = Effect.fnUntraced(function* (path: string) {
  const found = (yield* readFile(path)).match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? []
  if (found.length === 0) return yield* new TlsUnusable({ path, reason: "holds no certificate" })
  yield* Effect.try({
    try: () => {
      for (const pem of found) new X509Certificate(pem)
    },
    catch: () => new TlsUnusable({ path, reason: "holds a certificate that cannot be read" })
  })
  return found
})

/** The files' content, once it is known to be a certificate with its key. */
export const readTlsFiles = Effect.fn("readTlsFiles")(function* (files: TlsFiles) {
  const cert = (yield* readCertificates(files.cert)).join("\n")
  const key = yield* readFile(files.key)
  if (key.trim() === "") return yield* new TlsUnusable({ path: files.key, reason: "is empty" })
  const ca = files.clientCa === undefined ? {} : { ca: (yield* readCertificates(files.clientCa)).join("\n") }
  const material: TlsMaterial = { cert, key, ...ca, minVersion: "TLSv1.2" }
  yield* Effect.try({
    try: () => createSecureContext(material),
    catch: (cause) => new TlsUnusable({ path: files.cert, reason: reasonOf(cause) })
  })
  return material
})

/** Says when somebody wants the files read again. */
const hangUps = Effect.gen(function* () {
  const queue = yield* Queue.sliding<void>(1)
  const onHangUp = () => {
    Queue.offerUnsafe(queue, undefined)
  }
  yield* Effect.acquireRelease(
    Effect.sync(() => process.on("SIGHUP", onHangUp)),
    () => Effect.sync(() => process.off("SIGHUP", onHangUp))
  )
  return queue
})

const same = (one: TlsMaterial, other: TlsMaterial): boolean =>
  one.cert === other.cert && one.key === other.key && one.ca === other.ca

/**
 * Hands each new pair to `use`, until the scope closes. A pair that cannot be used is said once, loudly, and changes nothing:
 * the old one goes on serving.
 */
export const followTlsFiles = Effect.fn("followTlsFiles")(function* (
  files: TlsFiles,
  first: TlsMaterial,
  use: (material: TlsMaterial) => void
) {
  const asked = yield* hangUps
  let present = first
  let complaint = ""
  const look = Effect.gen(function* () {
    const next = yield* readTlsFiles(files)
    complaint = ""
    if (same(next, present)) return
    yield* Effect.try({
      try: () => use(next),
      catch: (cause) => new TlsUnusable({ path: files.cert, reason: reasonOf(cause) })
    })
    present = next
    yield* Effect.logInfo("the new TLS certificate is in use")
  }).pipe(
    Effect.catchTag("TlsUnusable", (error) => {
      if (error.message === complaint) return Effect.void
      complaint = error.message
      return Effect.logError("the new TLS certificate cannot be used; the old one goes on serving").pipe(
        Effect.annotateLogs({ reason: error.message })
      )
    })
  )
  const wait = Effect.raceFirst(Queue.take(asked), Effect.sleep(files.lookEveryMs ?? lookEveryMsDefault))
  yield* Effect.forkScoped(Effect.forever(Effect.andThen(wait, look)))
})
