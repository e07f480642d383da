/** What an agent shows to its tracker, and what it believes of it, beside the signatures of its proofs. */
import type { Redacted } from "effect"
import type { ClientTls } from "../http/fetchOverTls.ts"

/** Nothing of it is needed for a tracker on the same machine. */
export interface TrackerAccess {
  /** For an address with `https`. */
  readonly tls?: ClientTls | undefined
  /** The agent's key to the tracker's door, as its owner handed it over. */
  readonly apiKey?: Redacted.Redacted<string> | undefined
}
