/** Makes this process believe one more authority, for servers with a certificate that no public one signed. */
import { getCACertificates, setDefaultCACertificates } from "node:tls"
import { Effect } from "effect"
import { readCertificates, TlsUnusable } from "./TlsFiles.ts"

/** Beside those that the system believes; checks are never turned off. Said once, before the first connection. */
export const trustAuthority = Effect.fn("trustAuthority")(function* (path: string) {
  const found = yield* readCertificates(path)
  yield* Effect.try({
    try: () => setDefaultCACertificates([...getCACertificates("default"), ...found]),
    catch: () => new TlsUnusable({ path, reason: "holds a certificate that cannot be used" })
  })
})
