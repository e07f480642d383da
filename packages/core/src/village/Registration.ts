/** How a farm joins a village and leaves it. The wire forms; each is signed by the farm's own key. */
import { ProofHash, ProofTimestamp } from "@farmops/proof/FarmProof"
import { hex64Pattern } from "@farmops/proof/proofForm"
import { Schema } from "effect"

/** Longest name of a farmer, in Unicode code points: what fits into a table. */
export const displayNameMax = 64

// Controls, line breaks, and the marks that turn the direction of writing: they would let a name overwrite its neighbours.
const unprintable = /[\p{Cc}\p{Zl}\p{Zp}\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff]/u

/** A farmer's name: one line of printable text, shown to strangers. It need not be unique; the key is who somebody is. */
export const DisplayName = Schema.String.check(
  Schema.makeFilter(
    (text: string) =>
      (text.isWellFormed() &&
        text.trim() === text &&
        text.length > 0 &&
        Array.from(text).length <= displayNameMax &&
        !unprintable.test(text)) ||
      `expected one line of 1 to ${displayNameMax} characters`
  )
)

const trackerUrlMax = 512

/** The address of a tracker as it is stored and called: no path's end, query, fragment or password. Null where it is none. */
export const parseTrackerUrl = (text: string): URL | null => {
  if (text.length > trackerUrlMax || !URL.canParse(text)) return null
  const url = new URL(text)
  const isPlain = url.username === "" && url.password === "" && url.search === "" && url.hash === ""
  if (!isPlain || url.hostname === "" || (url.protocol !== "http:" && url.protocol !== "https:")) return null
  url.pathname = url.pathname.replace(/\/+$/, "")
  return url
}

/** Where a village finds a tracker. */
export const TrackerUrl = Schema.String.check(
  Schema.makeFilter(
    (text: string) =>
      parseTrackerUrl(text) !== null || "expected an http or https address without credentials and query"
  )
)

const Signature = Schema.String.check(Schema.isPattern(hex64Pattern))

/** `signature` is the farm's statement, tagged `farmops/registration/v1`, over the other four. */
export const RegistrationRequest = Schema.Struct({
  display_name: DisplayName,
  tracker_url: TrackerUrl,
  public_key: ProofHash,
  requested_at: ProofTimestamp,
  signature: Signature
})

/** See the schema of the same name. */
export type RegistrationRequest = typeof RegistrationRequest.Type

/** What the farm keeps of it. `farmer_id` is its name in this village. */
export const RegistrationAnswer = Schema.Struct({
  farmer_id: Schema.String,
  display_name: Schema.String,
  /** The registered key in the form that two people can compare. */
  fingerprint: Schema.String,
  registered_at: ProofTimestamp
})

/** See the schema of the same name. */
export type RegistrationAnswer = typeof RegistrationAnswer.Type

/** Two headers. `signature` is the farm's statement, tagged `farmops/departure/v1`, over `{farmer_id, requested_at}`. */
export const DepartureHeaders = Schema.Struct({
  "farmops-requested-at": ProofTimestamp,
  "farmops-signature": Signature
})

/** What a farm signs to leave. */
export interface Departure {
  readonly farmer_id: string
  readonly requested_at: string
  readonly signature: string
}
