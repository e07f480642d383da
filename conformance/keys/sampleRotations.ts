/** Rotations of a tracker's key, written by hand from docs/protocol/checkpoints-v1.md, so that one may be wrong in any way. */
import { tracker } from "../checkpoint/sampleNotes.ts"
import { sampleKey } from "../proof/sampleKeys.ts"

type Key = ReturnType<typeof sampleKey>

export const second = sampleKey("tracker 2")
export const third = sampleKey("tracker 3")

export const farmId = "019400d5-8b0a-7c3e-9f21-0123456789ab"
export const otherFarmId = "019400d5-8b0a-7c3e-9f21-0123456789ac"

/** What a rotation says, and who signs it. */
export interface Turn {
  readonly position: number
  readonly from: Key
  readonly to: Key
  readonly farm: string
  readonly at: string
}

const statement = (key: Key, tag: string, text: string): string => key.sign(`${tag}\u0000${text}`)

/** The new key's signature over the event. */
export const possessionOf = ({ at, farm, from, position, to }: Turn, tag = "farmops/tracker-rotation/v1"): string =>
  statement(to, tag, `{"at":"${at}","farm_id":"${farm}","position":${position},"public_key":"${from.publicKey}"}`)

/** The signed part as text, with `possession` or a true one. */
export const bodyText = (turn: Turn, possession = possessionOf(turn), kind = "tracker_key_rotated"): string =>
  [
    `{"at":"${turn.at}","farm_id":"${turn.farm}","kind":"${kind}","new_public_key":"${turn.to.publicKey}",`,
    `"position":${turn.position},"possession":"${possession}","schema":"farmops/event/1"}`
  ].join("")

/** The event of a body, whatever is in it. */
export const lineOf = (body: string, from: Key, tag = "farmops/event/v1"): string =>
  `{"body":${body},"public_key":"${from.publicKey}","signature":"${statement(from, tag, body)}"}`

/** A turn where it is not the usual: the tracker's first. */
export const turn = (changed: Partial<Turn> = {}): Turn => ({
  position: 5,
  from: tracker,
  to: second,
  farm: farmId,
  at: "2026-02-21T09:30:00Z",
  ...changed
})

/** The line of an honest turn. */
export const rotation = (changed: Partial<Turn> = {}): string => lineOf(bodyText(turn(changed)), turn(changed).from)

/** From the tracker's first key over `second` to `third`. */
export const row: ReadonlyArray<string> = [rotation(), rotation({ position: 9, from: second, to: third })]
