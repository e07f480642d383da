/** The committed conformance vectors, read in place. */
import { readdirSync, readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"

export const repositoryRoot = fileURLToPath(new URL("../../../", import.meta.url))
const conformance = new URL("../../../conformance/", import.meta.url)

export interface ProofVector {
  readonly name: string
  readonly public_key: string
  readonly recovery_key?: string
  readonly proof?: string
  readonly proofs?: ReadonlyArray<string>
  readonly code: string | null
  readonly line?: number
  readonly hash?: string | null
  readonly verdict: "valid" | "invalid"
}

const readVectors = <Vector>(set: string): ReadonlyArray<Vector> =>
  ["valid", "invalid"].flatMap((verdict) => {
    const directory = new URL(`${set}/v1/${verdict}/`, conformance)
    return readdirSync(directory).map((name): Vector => JSON.parse(readFileSync(new URL(name, directory), "utf8")))
  })

export const proofVectors = readVectors<ProofVector>("proof")

/** A vector of what surrounds a record: the input and, beside the verdict, what its kind states. */
export interface LedgerVector {
  readonly name: string
  readonly code: string | null
  readonly verdict: "valid" | "invalid"
  readonly [stated: string]: unknown
}

/** The vectors of a set that is named as its kind at the door. */
export const ledgerVectors = (set: "merkle" | "checkpoint" | "keys" | "bundle" | "fork") =>
  readVectors<LedgerVector>(set)

export interface EdgeVector {
  readonly name: string
  readonly public_key: string
  readonly message: string
  readonly signature: string
  readonly verdict: "valid" | "invalid"
}

export const edgeVectors: ReadonlyArray<EdgeVector> = JSON.parse(
  readFileSync(new URL("ed25519/v1/edges.json", conformance), "utf8")
)

export const bytesOf = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex, "hex"))
