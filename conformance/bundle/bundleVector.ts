/** The form of a vector of an exported proof, and what its makers have in common. */
import { createHash } from "node:crypto"
import { origin, tracker } from "../checkpoint/sampleNotes.ts"
import { agent } from "../proof/sampleProofs.ts"
import type { Vector } from "../vectorFiles.ts"

/** One vector: a file, and what is known apart from it. */
export interface BundleVector extends Vector {
  readonly bundle: string
  /** The ledger that is asked for; null takes any. */
  readonly origin: string | null
  readonly tracker_key: string
  /** All rotations of the tracker's key, where they are known: then any of its keys will do as `tracker_key`. */
  readonly rotations?: ReadonlyArray<string>
  /** The key that signed the record; null leaves its signature unchecked. */
  readonly agent_key: string | null
  /** Of an invalid one: which part of the file is at fault, or that the rotations are. */
  readonly part?: "bundle" | "checkpoint" | "record" | "keys"
  /** Of a valid one: the index of the record in the ledger, and its chain hash. */
  readonly index?: number
  readonly hash?: string
}

/** What is known apart from the file, where it is not the usual. */
export type Known = Partial<Pick<BundleVector, "origin" | "tracker_key" | "rotations" | "agent_key">>

const usual = { origin, tracker_key: tracker.publicKey, agent_key: agent.publicKey }

export const refused = (fault: string, name: string, bundle: string, known: Known = {}): BundleVector => {
  const [part, code = ""] = fault.split(": ")
  if (part !== "bundle" && part !== "checkpoint" && part !== "record" && part !== "keys")
    throw new Error(`${name}: no such part`)
  return { name, bundle, ...usual, ...known, code, part }
}

/** The record is the third line's base64, and its hash that of its bytes without the signature. */
export const accepted = (name: string, bundle: string, known: Known = {}): BundleVector => {
  const [, extra = "", index = ""] = bundle.split("\n")
  const record = Buffer.from(extra.slice(6), "base64").toString("utf8")
  const unsigned = record.replace(/,"signature":"[0-9a-f]{128}"/, "")
  const hash = createHash("sha256").update(unsigned).digest("hex")
  return { name, bundle, ...usual, ...known, code: null, index: Number(index.slice(6)), hash }
}
