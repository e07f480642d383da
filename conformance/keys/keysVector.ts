/** The form of a vector of a tracker's keys, and what its makers have in common. */
import { tracker } from "../checkpoint/sampleNotes.ts"
import type { Vector } from "../vectorFiles.ts"
import { farmId } from "./sampleRotations.ts"

/** One vector: the rotations of a farm, all from the first on, and what is known apart from them. */
export interface KeysVector extends Vector {
  readonly rotations: ReadonlyArray<string>
  readonly tracker_key: string
  /** The farm that is asked for; null takes any. */
  readonly farm_id: string | null
  /** Of a valid one: the position from which each key signs. */
  readonly from?: ReadonlyArray<number>
  /** Of an invalid one: which rotation is to blame, counted from 1; null for none. */
  readonly line?: number | null
}

/** What is known apart from the rotations, where it is not the usual. */
export type Known = Partial<Pick<KeysVector, "tracker_key" | "farm_id">>

const usual = { tracker_key: tracker.publicKey, farm_id: farmId }

export const refused = (
  name: string,
  code: string,
  line: number | null,
  rotations: ReadonlyArray<string>,
  known: Known = {}
): KeysVector => ({ name, rotations, ...usual, ...known, code, line })

export const accepted = (
  name: string,
  from: ReadonlyArray<number>,
  rotations: ReadonlyArray<string>,
  known: Known = {}
): KeysVector => ({ name, rotations, ...usual, ...known, code: null, from })
