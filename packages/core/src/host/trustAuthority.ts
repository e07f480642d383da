/** Makes this process believe one more authority, for servers with a certificate that no public one signed. */
import { X509Certificate } from "node:crypto"
import { getCACertificates, setDefaultCACertificates } from "node:tls"
import { Effect, FileSystem } from "effect"
import { certificatesIn, TlsUnusable } from "./TlsFiles.ts"

/** Beside those that the system believes; checks are never turned off. Said once, before the first connection. */
export const trustAuthority = Effect.fn("trustAuthority")(function* (path: string) {
  const fs = yield* FileSystem.FileSystem
  const text = yield* fs
    .readFileString(path)
    .pipe(Effect.mapError(({ reason }) => new TlsUnusable({ path, reason: `cannot be read (${reason._tag})` })))
  const found = certificatesIn(text)
  if (found.length === 0) return yield* new TlsUnusable({ path, reason: "holds no certificate" })
  yield* Effect.try({
    try: () => {
      for (const pem of found) new X509Certificate(pem)
      setDefaultCACertificates([...getCACertificates("default"), ...found])
    },
    catch: () => new TlsUnusable({ path, reason: "holds a certificate that cannot be read" })
  })
})
