/** Why the tracker cannot sign. */
import { Runtime, Schema } from "effect"
import { exitCodes } from "../../host/exitCodes.ts"

/** The key's file is damaged, readable by others, out of reach or not the one in force; the message says which and what to do. */
export class TrackerKeyUnusable extends Schema.TaggedError<TrackerKeyUnusable>()("TrackerKeyUnusable", {
  path: Schema.String,
  message: Schema.String
}) {
  override readonly [Runtime.errorExitCode] = exitCodes.noPermission
}

/** This ledger has rotated to a key that is not there. */
export const keyNotHeld = (path: string): TrackerKeyUnusable =>
  new TrackerKeyUnusable({
    path,
    message: `${path} is not the key that this ledger was rotated to; put the file of that key in its place, from where it was rotated or from a backup`
  })

/** This ledger was signed by a key that is not there. A fresh one would speak for another farm. */
export const keyOfAnother = (path: string): TrackerKeyUnusable =>
  new TrackerKeyUnusable({
    path,
    message: `${path} is not there, or is not the key that signed this ledger's last checkpoint; put the file of that key in its place, from the tracker's other folder or from a backup`
  })
