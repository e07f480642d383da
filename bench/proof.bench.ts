/** What a chain costs above the signatures it cannot do without: append and audit beside bare `node:crypto` on the same bytes. */
import { createPrivateKey, createPublicKey, generateKeyPairSync, sign, verify } from "node:crypto"
import { AgentKey } from "@farmops/proof/AgentKey"
import * as Ed25519Node from "@farmops/proof/Ed25519Node"
import { FarmSalt } from "@farmops/proof/FarmSalt"
import { nobleBackend } from "@farmops/proof/NobleBackend"
import { nodeBackend } from "@farmops/proof/NodeBackend"
import { ProofBuilder, type VerifiedWork } from "@farmops/proof/ProofBuilder"
import { ProofChain } from "@farmops/proof/ProofChain"
import { ProofLog } from "@farmops/proof/ProofLog"
import { parseProof, verifyChain } from "@farmops/proof/verify"
import { DateTime, Effect, Layer, Redacted } from "effect"
import { median, type Report, rounded } from "./report.ts"

const rounds = 3
const recordsDefault = 4000
/** Pure JavaScript curves are some 15 times slower; a sample of the chain says as much. */
const nobleShare = 10

const work = (at: number): VerifiedWork => ({
  timestamp: DateTime.makeUnsafe("2026-02-21T09:30:00Z"),
  clusterAlias: "prod-eu-1",
  actor: { identifier: Redacted.make(`person-${at % 7}@example.org`), type: "human" },
  action: {
    plugin: "farmops/k8s-pod-health",
    action_type: "verify",
    category: "maintenance",
    subcategory: null,
    description: `Verified pod health across all namespaces (${at} pods healthy)`
  },
  status: "success",
  evidence: new Uint8Array(200).fill(at),
  hints: { complexity: "low", impact_radius: 3, artifacts_touched: at, time_spent_seconds: null }
})

const makeChain = (count: number) =>
  Effect.gen(function* () {
    const chain = yield* ProofChain
    const { publicKey } = yield* AgentKey
    const lines: Array<string> = []
    const began = performance.now()
    for (let at = 0; at < count; at++) lines.push((yield* chain.append(work(at), String(at))).line)
    return { lines, publicKey, seconds: (performance.now() - began) / 1000 }
  }).pipe(
    Effect.provide(
      ProofChain.layer.pipe(
        Layer.provide([ProofBuilder.layer, ProofLog.layerMemory]),
        Layer.provideMerge(AgentKey.layerMemory),
        Layer.provide([FarmSalt.layerMemory, Ed25519Node.layer])
      )
    ),
    Effect.runPromise
  )

const secondsOf = (body: () => void): number => {
  const began = performance.now()
  body()
  return (performance.now() - began) / 1000
}

export const run = async ([count]: ReadonlyArray<string>): Promise<Report> => {
  const records = Number(count ?? recordsDefault)
  await makeChain(records / 10)
  const seconds = { append: [] as Array<number>, sign: [] as Array<number>, audit: [] as Array<number> }
  const more = { verify: [] as Array<number>, noble: [] as Array<number> }
  let bytes = 0
  for (let round = 0; round < rounds; round++) {
    const { lines, publicKey, seconds: append } = await makeChain(records)
    seconds.append.push(append)
    const messages = lines.map((line) => {
      const parsed = parseProof(line)
      if (!parsed.ok) throw new Error(parsed.fault.code)
      return {
        message: Buffer.from(parsed.value.unsigned),
        signature: Buffer.from(parsed.value.proof.signature, "hex")
      }
    })
    bytes = Math.round(lines.reduce((sum, line) => sum + line.length, 0) / records)
    const pair = generateKeyPairSync("ed25519")
    const bare = createPrivateKey(pair.privateKey.export({ format: "pem", type: "pkcs8" }))
    seconds.sign.push(secondsOf(() => messages.forEach(({ message }) => void sign(null, message, bare))))
    const spki = Buffer.concat([Buffer.from("302a300506032b6570032100", "hex"), Buffer.from(publicKey, "hex")])
    const key = createPublicKey({ key: spki, format: "der", type: "spki" })
    more.verify.push(
      secondsOf(() => {
        for (const { message, signature } of messages)
          if (!verify(null, message, key, signature)) throw new Error("a good signature was refused")
      })
    )
    seconds.audit.push(
      secondsOf(() => {
        if (!verifyChain(lines, publicKey, nodeBackend).ok) throw new Error("a good chain was refused")
      })
    )
    const some = lines.slice(0, records / nobleShare)
    more.noble.push(nobleShare * secondsOf(() => void verifyChain(some, publicKey, nobleBackend)))
  }
  const rate = (values: ReadonlyArray<number>) => Math.round(records / median(values))
  return {
    ratios: {
      append_vs_bare_sign: rounded(median(seconds.sign) / median(seconds.append)),
      node_crypto_full_vs_bare: rounded(median(more.verify) / median(seconds.audit)),
      noble_full_vs_bare: rounded(median(more.verify) / median(more.noble))
    },
    rows: [
      { what: "append: hash evidence, build, sign, log in memory", per_second: rate(seconds.append) },
      { what: "bare node:crypto sign of the same bytes", per_second: rate(seconds.sign) },
      { what: "audit: form, signature, hash and link of each (node:crypto)", per_second: rate(seconds.audit) },
      { what: "the same with noble", per_second: rate(more.noble) },
      { what: "bare node:crypto verify of the same bytes", per_second: rate(more.verify) }
    ],
    notes: [`${records} records of about ${bytes} bytes, one core, medians of ${rounds} rounds taken in turn.`]
  }
}
