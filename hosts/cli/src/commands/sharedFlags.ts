/** Flags that several groups of commands have. */
import * as Flag from "effect/cli/Flag"
import * as Schema from "effect/Schema"

/** Whose chain. */
export const agent = Flag.String("agent").pipe(
  Flag.withMetavar("ID"),
  Flag.withDescription("Whose chain, where there are several agents"),
  Flag.optional
)

/** A public key that the reader knows. */
export const keyFlag = (name: string, what: string) =>
  Flag.String(name).pipe(Flag.withMetavar("HEX"), Flag.withDescription(what), Flag.optional)

/** Of an agent that is about to enrol. */
export const recoveryPublicKey = Flag.String("recovery-public-key").pipe(
  Flag.withMetavar("HEX"),
  Flag.withDescription(
    "A new agent's recovery key, as `agent recovery-key` printed it; it is fixed when the agent enrols"
  ),
  Flag.withSchema(
    Schema.String.check(Schema.isPattern(/^[0-9a-f]{64}$/, { message: "expected 64 lowercase hex digits" }))
  ),
  Flag.optional
)
