/**
 * Seals what the agent keeps of raw data: AES-256-GCM with a fresh random nonce for each row, under a key that lies beside the
 * agent's own. What a row is and where it belongs is bound to it, so that no row can stand in another's place.
 */
import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes } from "node:crypto"
import { Redacted } from "effect"

/** The key to every row, and to the digests that stand for ids and subjects in the database. */
export interface ObservationKey {
  /** What a database remembers of the key that its rows are sealed with: enough to know it again, useless to open anything. */
  readonly mark: string
  /** Hex, and under this key only: nobody else can test a guess. */
  readonly digest: (...parts: ReadonlyArray<string>) => string
  readonly seal: (place: ReadonlyArray<string>, plain: Uint8Array) => Uint8Array
  /** Null where the row was changed, was sealed for another place, or under another key. */
  readonly open: (place: ReadonlyArray<string>, sealed: Uint8Array) => Uint8Array | null
}

const keyBytes = 32
// What GCM is made for. Random nonces are safe for 2^32 rows under one key: at ten observations a second, thirteen years.
const nonceBytes = 12
const tagBytes = 16

/** What sealing adds to a row. */
export const sealBytes = nonceBytes + tagBytes

const deriveKey = (secret: Redacted.Redacted<Uint8Array>, what: string): Buffer =>
  Buffer.from(hkdfSync("sha256", Redacted.value(secret), new Uint8Array(), `farmops/observations/v1/${what}`, keyBytes))

// Each part after its length: no two lists of parts have the same bytes.
const joinParts = (parts: ReadonlyArray<string>): Buffer =>
  Buffer.concat(
    parts.flatMap((part) => {
      const text = Buffer.from(part, "utf8")
      const length = Buffer.alloc(4)
      length.writeUInt32BE(text.length)
      return [length, text]
    })
  )

/** Keys for rows and for digests from the 32 secret bytes of a key file. */
export const makeObservationKey = (secret: Redacted.Redacted<Uint8Array>): ObservationKey => {
  const rows = deriveKey(secret, "rows")
  const digests = deriveKey(secret, "digests")
  const digest = (...parts: ReadonlyArray<string>) =>
    createHmac("sha256", digests).update(joinParts(parts)).digest("hex")
  return {
    mark: digest("mark"),
    digest,
    seal: (place, plain) => {
      const nonce = randomBytes(nonceBytes)
      const cipher = createCipheriv("aes-256-gcm", rows, nonce, { authTagLength: tagBytes })
      cipher.setAAD(joinParts(place))
      return Buffer.concat([nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag()])
    },
    open: (place, sealed) => {
      if (sealed.length < sealBytes) return null
      const end = sealed.length - tagBytes
      const decipher = createDecipheriv("aes-256-gcm", rows, sealed.subarray(0, nonceBytes), {
        authTagLength: tagBytes
      })
      decipher.setAAD(joinParts(place))
      decipher.setAuthTag(sealed.subarray(end))
      try {
        return Buffer.concat([decipher.update(sealed.subarray(nonceBytes, end)), decipher.final()])
      } catch {
        return null
      }
    }
  }
}
