/** The keys with which anybody can verify an agent's whole chain: the one that it enrolled with, and its recovery key. */
import type { ChainAnchor } from "@farmops/proof/verify"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { requestJson } from "./FarmConnection.ts"

const Trust = Schema.Struct({
  recovery_public_key: Schema.NullOr(Schema.String),
  epochs: Schema.Array(Schema.Struct({ public_key: Schema.String, present: Schema.Boolean }))
})

/** Asks the tracker. `present` is the key in force, for an agent that has not proved anything yet. */
export const fetchAnchor = Effect.fn("fetchAnchor")(function* (agentId: string, present: string) {
  const { epochs, recovery_public_key } = yield* requestJson(`/api/v1/agents/${agentId}/trust`, Trust)
  const first = epochs.find((epoch) => epoch.present)
  const anchor: ChainAnchor = { publicKey: first?.public_key ?? present, recoveryKey: recovery_public_key }
  return anchor
})

/** The command that verifies the export of such a chain. */
export const verifyCommand = (file: string, { publicKey, recoveryKey }: ChainAnchor): string =>
  `npx farmops proof verify ${file} --key ${publicKey}${recoveryKey === null ? "" : ` --recovery-key ${recoveryKey}`}`
