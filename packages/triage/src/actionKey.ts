/** The identity of an action, and the hidden mark by which its comment is found again on GitHub. Pure. */
import { createHash } from "node:crypto"

/** The same task and position give the same key, whenever and wherever it is asked: half a SHA-256, in hex. */
export const actionKey = (taskId: string, position: number): string =>
  createHash("sha256").update(`farmops/action/v0\0${taskId}\0${position}`).digest("hex").slice(0, 32)

/** What a comment of ours ends with; GitHub shows nothing of it. */
export const markerOf = (key: string): string => `<!-- farmops:v0 key=${key} -->`

const markers = /<!--\s*farmops:[\s\S]*?(?:-->|$)/gi

/** A text without anything that looks like our marker. Untrusted text must pass here before a marker is added. */
export const stripMarkers = (text: string): string => {
  // What is left may form a marker anew: go on until nothing changes. Each pass makes the text shorter.
  let stripped = text
  for (let before = ""; before !== stripped; ) {
    before = stripped
    stripped = stripped.replace(markers, "")
  }
  return stripped
}

/** The comment as it is posted: a text, and the mark of the action that posts it. */
export const withMarker = (body: string, key: string): string => `${stripMarkers(body).trimEnd()}\n\n${markerOf(key)}`
