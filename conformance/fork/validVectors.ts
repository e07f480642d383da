/** Evidence that every implementation must accept: one key, one agent, one sequence, and two stories. */
import {
  body,
  chain,
  type Loose,
  nextKey,
  recovery,
  rotating,
  signed,
  thirdKey,
  withFields
} from "../proof/sampleProofs.ts"
import { accepted, type ForkVector, second } from "./forkVector.ts"
import { signedAgain } from "./signedAgain.ts"

const one = signed(second)
const saying = (description: string, record: Loose = second): Loose =>
  withFields(record, { "action.description": description })
const other = signed(saying("Did something else"))
const atTheEnd = (record: Loose): Loose => withFields(record, { sequence: Number.MAX_SAFE_INTEGER })
const fourthOf = (change: (record: Loose) => Loose) =>
  signed(chain(4, (record, at) => (at === 3 ? change(record) : record)).at(-1)?.record ?? {})
const longest = (plugin: string) =>
  signed(
    withFields(second, {
      "agent.cluster_alias": '"'.repeat(64),
      "action.plugin": plugin.padEnd(128, '"'),
      "action.subcategory": '"'.repeat(64),
      "action.description": "\ud83c\udf3e".repeat(1024)
    })
  )

export const validVectors: ReadonlyArray<ForkVector> = [
  accepted("two-descriptions", one, other),
  accepted("two-firsts", signed(body()), signed(saying("Did something else", body()))),
  accepted("two-parents", one, signed(body(1, saying("Did something else", body())))),
  accepted("two-ids", one, signed(withFields(second, { proof_id: "019400d5-8b0a-7c3e-9f21-0000000000ff" }))),
  accepted("two-timestamps", one, signed(withFields(second, { timestamp: "2026-02-21T09:30:01Z" }))),
  accepted("two-names-of-one-agent", one, signed(withFields(second, { "agent.cluster_alias": "prod-eu-2" }))),
  accepted("far-along-the-chain", signed(atTheEnd(one.record)), signed(atTheEnd(other.record))),
  accepted("a-rotation-and-work", signed(rotating(second)), one),
  accepted("two-rotations", signed(rotating(second)), signed(rotating(second, thirdKey))),
  accepted(
    "two-rotations-to-one-key",
    signed(rotating(second)),
    signed(withFields(rotating(second), { timestamp: "2026-02-21T09:30:01Z" }))
  ),
  accepted(
    "by-the-key-after-a-rotation",
    signed(second, nextKey),
    signed(saying("Did something else"), nextKey),
    nextKey.publicKey
  ),
  accepted(
    "two-rotations-by-the-recovery-key",
    signed(rotating(second), recovery),
    signed(rotating(second, thirdKey), recovery),
    recovery.publicKey
  ),
  accepted("signed-with-another-nonce", signedAgain(second, "agent"), other),
  accepted("texts-to-escape-twice", signed(saying('a "quote", a \\ and \b\f\n\r\t\u0001')), one),
  accepted("texts-beyond-ascii", signed(saying("\u00e9 \u2028 \ud83c\udf3e </script>")), one),
  accepted("long-records", longest("a"), longest("b")),
  // Only a chain shows that the parent is no proof of this agent; evidence does not need one.
  accepted("whose-parent-nobody-knows", one, signed(withFields(second, { prev_proof_hash: "ab".repeat(32) }))),
  accepted(
    "of-a-whole-chain",
    fourthOf((record) => record),
    fourthOf((record) => saying("Did something else", record))
  )
]
