/** Makes X.509 certificates for trials and tests: ECDSA P-256, version 3, self-signed or by another that was made here. */
import { createPrivateKey, generateKeyPairSync, type KeyObject, randomBytes, sign } from "node:crypto"
import { isIP } from "node:net"

/** A certificate and its private key, each PEM. */
export interface CertificatePair {
  readonly cert: string
  readonly key: string
}

/** What to make. */
export interface CertificateOptions {
  readonly commonName: string
  /** Host names and addresses that it is good for. */
  readonly hosts: ReadonlyArray<string>
  readonly from: Date
  readonly days: number
  /** Who signs; left out, it signs itself and may stand as a client's only authority. */
  readonly issuer?: CertificatePair & { readonly commonName: string }
}

const der = (tag: number, ...parts: ReadonlyArray<Uint8Array>): Buffer => {
  const body = Buffer.concat(parts)
  const { length } = body
  const head =
    length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, Math.floor(length / 0x100), length % 0x100]
  return Buffer.concat([Buffer.from([tag, ...head]), body])
}

const sequence = (...parts: ReadonlyArray<Uint8Array>) => der(0x30, ...parts)
const oid = (...bytes: ReadonlyArray<number>) => der(0x06, Buffer.from(bytes))
const utf8 = (text: string) => der(0x0c, Buffer.from(text))
const bits = (bytes: Uint8Array) => der(0x03, Buffer.from([0]), bytes)
const yes = der(0x01, Buffer.from([0xff]))

const ecdsaWithSha256 = sequence(oid(0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02))
const nameOf = (commonName: string) => sequence(der(0x31, sequence(oid(0x55, 0x04, 0x03), utf8(commonName))))
const timeOf = (date: Date) => der(0x18, Buffer.from(`${date.toISOString().replace(/[-:T]|\.\d+/g, "")}`))

const addressBytes = (host: string): Buffer => {
  if (isIP(host) === 4) return Buffer.from(host.split(".").map(Number))
  const [before = "", after] = host.split("::")
  const groups = (text: string | undefined) => (text === undefined || text === "" ? [] : text.split(":"))
  const head = groups(before)
  const tail = groups(after)
  const all = [...head, ...Array.from({ length: 8 - head.length - tail.length }, () => "0"), ...tail]
  return Buffer.from(all.flatMap((group) => [Number.parseInt(group, 16) >> 8, Number.parseInt(group, 16) & 0xff]))
}

const alternative = (host: string) => (isIP(host) === 0 ? der(0x82, Buffer.from(host)) : der(0x87, addressBytes(host)))

const extension = (id: Uint8Array, value: Uint8Array, critical: boolean) =>
  sequence(id, ...(critical ? [yes] : []), der(0x04, value))

const extensionsOf = ({ hosts, issuer }: CertificateOptions) => [
  extension(oid(0x55, 0x1d, 0x13), sequence(...(issuer === undefined ? [yes] : [])), true),
  ...(hosts.length === 0 ? [] : [extension(oid(0x55, 0x1d, 0x11), sequence(...hosts.map(alternative)), false)])
]

const dayMs = 86_400_000

const tbsOf = (options: CertificateOptions, publicKey: KeyObject) => {
  const { commonName, days, from, issuer } = options
  // The first bit stays clear: a serial number is positive. The second is set: it has one length.
  const serial = randomBytes(16)
  serial[0] = ((serial[0] ?? 0) & 0x7f) | 0x40
  return sequence(
    der(0xa0, der(0x02, Buffer.from([2]))),
    der(0x02, serial),
    ecdsaWithSha256,
    nameOf(issuer?.commonName ?? commonName),
    sequence(timeOf(from), timeOf(new Date(from.getTime() + days * dayMs))),
    nameOf(commonName),
    publicKey.export({ type: "spki", format: "der" }),
    der(0xa3, sequence(...extensionsOf(options)))
  )
}

const pemOf = (bytes: Buffer): string =>
  `-----BEGIN CERTIFICATE-----\n${(bytes.toString("base64").match(/.{1,64}/g) ?? []).join("\n")}\n-----END CERTIFICATE-----\n`

/** A fresh key and its certificate. */
export const makeCertificate = (options: CertificateOptions): CertificatePair => {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" })
  const tbs = tbsOf(options, publicKey)
  const signer = options.issuer === undefined ? privateKey : createPrivateKey(options.issuer.key)
  const cert = sequence(tbs, ecdsaWithSha256, bits(sign("sha256", tbs, signer)))
  return { cert: pemOf(cert), key: String(privateKey.export({ type: "pkcs8", format: "pem" })) }
}
