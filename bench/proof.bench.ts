/**
 * What a chain costs above what it cannot do without, beside bare library calls on the same bytes, other signed logs, and
 * one worker alone. `npm run bench -- proof [RECORDS] [STORED]`: records in the chain, and proofs in the large ledger.
 */
import { findSodium } from "@farmops/proof/SodiumBackend"
import { makeCases } from "./proof/cases.ts"
import { acceptCosts } from "./proof/ledger.ts"
import { hypercoreRate, openPeers, opensslSpeed, ssbSodium } from "./proof/peers.ts"
import { makeKey, makeRecords } from "./proof/records.ts"
import { rateOf, takeTurns, timesAsFast } from "./proof/rounds.ts"
import { auditOnCores, chainAppend } from "./proof/services.ts"
import { makeSsbCases } from "./proof/ssb.ts"
import { type Report, rounded } from "./report.ts"

const rounds = 3
const recordsDefault = 100_000
const storedDefault = 1_000_000
const storedFew = 1000
/** Signing and the peers are measured on one record of so many. */
const share = 10
/** Each takes some 0.2 ms, for it is on disk. */
const hypercoreBlocks = 2000

export const run = async ([records, stored]: ReadonlyArray<string>): Promise<Report> => {
  const count = Number(records ?? recordsDefault)
  const storedMany = Number(stored ?? storedDefault)
  const found = findSodium()
  if (!found.ok) throw new Error(`this benchmark compares with libsodium, which does not load: ${found.detail}`)
  const { sodium } = found
  const load = openPeers()
  const some = Math.floor(count / share)

  const key = makeKey(sodium)
  const chain = makeRecords(count, some, key)
  const ours = makeCases(chain, key, sodium)
  const ssb = makeSsbCases(load, some, chain.bytes.stored)
  const append = chainAppend(some)
  takeTurns([...Object.values(ours), append, ssb.append, ssb.create], rounds)
  const { alone, together } = await auditOnCores(chain, key, rounds)
  const hypercore = await hypercoreRate(load, chain.stored.slice(0, hypercoreBlocks))
  const openssl = opensslSpeed()
  const accept = await acceptCosts(sodium, [storedFew, storedMany], rounds)

  const { links, nodeFull, nodeVerify, sha256, signProof, sodiumFull, sodiumSign, sodiumVerify } = ours
  return {
    ratios: {
      full_vs_libsodium: rounded(timesAsFast(sodiumFull, sodiumVerify)),
      full_vs_ssb: rounded(timesAsFast(sodiumFull, ssb.append)),
      full_two_cores: rounded(timesAsFast(together, alone)),
      append_vs_libsodium: rounded(timesAsFast(signProof, sodiumSign)),
      links_vs_sha256: rounded(timesAsFast(links, sha256)),
      node_crypto_full_vs_bare: rounded(timesAsFast(nodeFull, nodeVerify)),
      accept_1m_vs_1k: rounded(accept.ratio)
    },
    rows: [
      { what: "full audit with libsodium, one core", per_second: rateOf(sodiumFull) },
      { what: "  bare libsodium verify of the same bytes", per_second: rateOf(sodiumVerify) },
      { what: "  ssb-validate append of JSON lines as long", per_second: rateOf(ssb.append) },
      { what: "full audit with libsodium, two workers", per_second: rateOf(together) },
      { what: "  the same with one worker", per_second: rateOf(alone) },
      { what: "full audit with node:crypto, one core", per_second: rateOf(nodeFull) },
      { what: "  bare node:crypto verify of the same bytes", per_second: rateOf(nodeVerify) },
      { what: "  openssl speed, its own short message", per_second: openssl && Math.round(openssl.verify) },
      { what: "links audit of stored bytes", per_second: rateOf(links) },
      { what: "  SHA-256 of the same bytes", per_second: rateOf(sha256) },
      { what: "append: object in, signed canonical line out", per_second: rateOf(signProof) },
      { what: "  bare libsodium sign of the same bytes", per_second: rateOf(sodiumSign) },
      { what: "  the same through ProofChain: evidence, salts, log in memory", per_second: rateOf(append) },
      { what: "  ssb-validate create and id", per_second: rateOf(ssb.create) },
      { what: "  openssl speed sign, its own short message", per_second: openssl && Math.round(openssl.sign) },
      { what: "  hypercore 11 append, each on disk", per_second: Math.round(hypercore) },
      { what: `durable accept, ${storedFew} stored`, per_second: Math.round(1000 / accept.fewMs) },
      { what: `  the same, ${storedMany} stored`, per_second: Math.round(1000 / accept.manyMs) }
    ],
    notes: [
      `Node ${process.version}; ${count} records of ${chain.bytes.signed} signed bytes (${chain.bytes.stored} stored; ssb ${ssb.bytes}), medians of ${rounds} rounds taken in turn.`,
      `Signing, ssb and ProofChain on ${some} of them, node:crypto on ${nodeFull.count}, workers on ${alone.count}; ${accept.accepts} accepts a round, SQLite in a file, synchronous FULL.`,
      `ssb uses ${ssbSodium()}; hypercore writes to disk and is no like for like; ${openssl?.version ?? "no openssl here"}.`
    ]
  }
}
