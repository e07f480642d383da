/** Where an API server is and who we are to it. Credentials are read again for every request, since they rotate. */
import { readFile } from "node:fs/promises"
import { Effect, Redacted } from "effect"
import { type KubeFailed, kubeFailed } from "./KubeFailed.ts"

/** What one request is made with. */
export interface KubeCredentials {
  readonly token: Redacted.Redacted<string> | null
  /** Who may have signed the server's certificate, in PEM; null leaves it to Node's own list. */
  readonly ca: string | null
  readonly client: { readonly certificate: string; readonly key: Redacted.Redacted<string> } | null
}

/** One API server. */
export interface KubeConnection {
  /** Scheme, host, port, and a path where the server lies below one; never a password. */
  readonly server: URL
  /** The name that the server's certificate must bear, where it is not the host's. */
  readonly serverName: string | null
  /** Whether any certificate will do. Only ever true because an operator wrote so. */
  readonly insecure: boolean
  readonly credentials: Effect.Effect<KubeCredentials, KubeFailed>
}

/** Something that is written in the kubeconfig, or in a file that it names. */
export type Material = { readonly text: Redacted.Redacted<string> } | { readonly file: string }

// The longest is a bundle of certificate authorities.
const materialBytesMax = 1024 * 1024

const readMaterial = (material: Material | null): Effect.Effect<Redacted.Redacted<string> | null, KubeFailed> => {
  if (material === null) return Effect.succeed(null)
  if ("text" in material) return Effect.succeed(material.text)
  return Effect.tryPromise({ try: () => readFile(material.file), catch: () => kubeFailed("no_credentials") }).pipe(
    Effect.filterOrFail(
      (bytes) => bytes.length > 0 && bytes.length <= materialBytesMax,
      () => kubeFailed("no_credentials")
    ),
    Effect.map((bytes) => Redacted.make(bytes.toString("utf8"), { label: "kubernetes credentials" }))
  )
}

// A line break within a header is refused by Node with the header in the message.
const headerSafe = /^[\x21-\x7e]+$/

/** Credentials from where they are written. A file is read for each request: the kubelet replaces a token every hour. */
export const readCredentials = (from: {
  readonly token: Material | null
  readonly ca: Material | null
  readonly certificate: Material | null
  readonly key: Material | null
}): Effect.Effect<KubeCredentials, KubeFailed> =>
  Effect.gen(function* () {
    const read = yield* readMaterial(from.token)
    const ca = yield* readMaterial(from.ca)
    const certificate = yield* readMaterial(from.certificate)
    const key = yield* readMaterial(from.key)
    const token = read === null ? null : Redacted.make(Redacted.value(read).trim(), { label: "kubernetes token" })
    if (token !== null && !headerSafe.test(Redacted.value(token))) return yield* kubeFailed("no_credentials")
    return {
      token,
      ca: ca === null ? null : Redacted.value(ca),
      client: certificate === null || key === null ? null : { certificate: Redacted.value(certificate), key }
    }
  })
