/** Our own paths through a chain, and beside each the bare library call on the same bytes: what no design can beat. */
import { createPublicKey, hash, verify } from "node:crypto"
import { type AuditLevel, makeChainAuditor } from "@farmops/proof/auditChain"
import { nodeBackend } from "@farmops/proof/NodeBackend"
import type { Sodium } from "@farmops/proof/SodiumBackend"
import { sodiumBackend } from "@farmops/proof/SodiumBackend"
import { signProof } from "@farmops/proof/signProof"
import type { VerifyBackend } from "@farmops/proof/verify"
import type { Key, Records } from "./records.ts"
import { type Case, makeCase } from "./rounds.ts"

/** `node:crypto` verifies at half the speed: this share of the records says as much. */
const nodeShare = 4

const demand = (ok: boolean, what: string): void => {
  if (!ok) throw new Error(what)
}

/** A case that does the same to each of `items` and keeps nothing. */
const each = <A>(items: ReadonlyArray<A>, count: number, work: (item: A) => void): Case =>
  makeCase(count, () => (from, to) => {
    for (let at = from; at < to; at++) {
      const item = items[at]
      if (item !== undefined) work(item)
    }
  })

const audit = (level: AuditLevel, { stored }: Records, count: number, key: Key, backend: VerifyBackend): Case =>
  makeCase(count, () => {
    const auditor = makeChainAuditor(level, key.publicKeyHex, backend)
    return (from, to) => {
      for (let at = from; at < to; at++) auditor.accept(stored[at] ?? new Uint8Array())
      if (to !== count) return
      const verdict = auditor.finish()
      demand(verdict.ok && verdict.count === count, "a good chain was refused")
    }
  })

export const makeCases = (records: Records, key: Key, sodium: Sodium) => {
  const { count, signed, stored, unsigned } = records
  const some = Math.floor(count / nodeShare)
  const signature = new Uint8Array(64)
  const spki = Buffer.concat([Buffer.from("302a300506032b6570032100", "hex"), key.publicKey])
  const nodeKey = createPublicKey({ key: spki, format: "der", type: "spki" })
  return {
    sodiumVerify: each(signed, count, ({ message, signature }) =>
      demand(sodium.crypto_sign_verify_detached(signature, message, key.publicKey), "libsodium refused")
    ),
    sodiumFull: audit("full", records, count, key, sodiumBackend(sodium)),
    nodeVerify: each(signed, some, ({ message, signature }) =>
      demand(verify(null, message, nodeKey, signature), "node:crypto refused")
    ),
    nodeFull: audit("full", records, some, key, nodeBackend),
    sodiumSign: each(signed, unsigned.length, ({ message }) =>
      sodium.crypto_sign_detached(signature, message, key.secretKey)
    ),
    signProof: each(unsigned, unsigned.length, ({ body, head }) =>
      demand(signProof(body, head, key).ok, "a good body was refused")
    ),
    sha256: each(stored, count, (bytes) => void hash("sha256", bytes, "hex")),
    links: audit("links", records, count, key, sodiumBackend(sodium))
  }
}
