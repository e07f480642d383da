/** Certificates in files, as a tracker's owner has them. */
import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { Effect } from "effect"
import { type CertificatePair, makeCertificate } from "../src/host/makeCertificate.ts"
import { temporaryFolder } from "./temporaryFolder.ts"

const from = new Date(Date.now() - 3_600_000)

/** A certificate for this machine's names that is its own authority. */
export const ownCertificate = (commonName = "tracker.test") =>
  makeCertificate({ commonName, hosts: ["localhost", "127.0.0.1", "tracker.test"], from, days: 2 })

/** An authority, and what it signs. */
export const makeAuthority = (commonName: string) => {
  const pair = makeCertificate({ commonName, hosts: [], from, days: 2 })
  const issue = (name: string) =>
    makeCertificate({ commonName: name, hosts: [], from, days: 2, issuer: { ...pair, commonName } })
  return { ...pair, issue }
}

/** A pair as files, and a way to put another in their place. */
export const pairFiles = Effect.fnUntraced(function* (pair: CertificatePair) {
  const folder = yield* temporaryFolder
  const files = { cert: join(folder, "tls.crt"), key: join(folder, "tls.key") }
  const write = ({ cert, key }: CertificatePair) => {
    writeFileSync(files.key, key)
    writeFileSync(files.cert, cert)
  }
  write(pair)
  return { files, folder, write }
})
