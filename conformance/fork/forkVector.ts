/** The form of a vector of fork evidence, and what its makers have in common. */
import { canonicalJson } from "@farmops/proof/canonicalJson"
import { agent, body, chain, hashOf, type Loose, type signed } from "../proof/sampleProofs.ts"
import type { Vector } from "../vectorFiles.ts"

/** One vector: the evidence, without a line feed. */
export interface ForkVector extends Vector {
  readonly evidence: string
  /** Of an invalid one: what is at fault, and which record, from 1. */
  readonly part?: "evidence" | "record"
  readonly record?: 1 | 2
  /** Of a valid one: the key that it convicts, and the place that it signed twice. */
  readonly public_key?: string
  readonly agent_id?: string
  readonly sequence?: number
}

type Signed = ReturnType<typeof signed>

/** The first record of the sample chain, and the second without a signature: what forks are made of. */
const [first] = chain(1)
export const parent: Loose = first?.record ?? {}
export const second: Loose = body(1, parent)

/** The object of the evidence over these lines, in the order given. */
export const evidenceOf = (lines: ReadonlyArray<unknown>, public_key: string = agent.publicKey): Loose => ({
  format: "farmops/fork/1",
  public_key,
  records: lines
})

/** The two in ascending order of their hashes. */
export const sorted = (...records: readonly [Signed, Signed]): ReadonlyArray<Signed> =>
  records.toSorted((one, other) => (hashOf(one.record) < hashOf(other.record) ? -1 : 1))

/** The line of evidence over the two, in whatever order they are given. */
export const lineOf = (one: Signed, other: Signed, public_key: string = agent.publicKey): string =>
  canonicalJson(
    evidenceOf(
      sorted(one, other).map(({ text }) => text),
      public_key
    )
  )

/** The line over two texts, in the order given. */
export const lineInOrder = (one: string, other: string, public_key: string = agent.publicKey): string =>
  canonicalJson(evidenceOf([one, other], public_key))

export const accepted = (
  name: string,
  one: Signed,
  other: Signed,
  public_key: string = agent.publicKey
): ForkVector => {
  const { agent_id } = one.record.agent as { readonly agent_id: string }
  const sequence = Number(one.record.sequence)
  return { name, evidence: lineOf(one, other, public_key), code: null, public_key, agent_id, sequence }
}

export const refused = (name: string, code: string, evidence: string, record?: 1 | 2): ForkVector => ({
  name,
  evidence,
  code,
  ...(record === undefined ? { part: "evidence" } : { part: "record", record })
})
