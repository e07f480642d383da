/** What an agent needs to know before it starts, as a file says it and as the Layer takes it. */
import { hex32Pattern } from "@farmops/proof/proofForm"
import { Schema } from "effect"

/** A label that travels in every proof. Words only: it must not be able to hold a host name, an address or a path. */
export const ClusterAlias = Schema.String.check(
  Schema.isPattern(/^[a-z0-9](?:[a-z0-9-]{0,30}[a-z0-9])?$/, {
    message:
      "a label of 1 to 32 lowercase letters, digits and inner hyphens (no dots or slashes: never a host name or a path)"
  })
)

/** The public half of a key that `farmops agent recovery-key` made. */
export const RecoveryPublicKey = Schema.String.check(
  Schema.isPattern(hex32Pattern, { message: "the 64 lowercase hex digits that `farmops agent recovery-key` printed" })
)

/** `agent.yaml`. Every key but `tracker` and `repository` has a default; a key that is not here is refused by name and line. */
export const AgentFile = Schema.Struct({
  cluster_alias: Schema.optionalKey(ClusterAlias),
  data: Schema.optionalKey(Schema.NonEmptyString),
  recovery_public_key: Schema.optionalKey(RecoveryPublicKey),
  tracker: Schema.optionalKey(Schema.Struct({ url: Schema.NonEmptyString })),
  repository: Schema.Struct({
    path: Schema.NonEmptyString,
    identities: Schema.optionalKey(Schema.Array(Schema.NonEmptyString)),
    window_days: Schema.optionalKey(Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 3650 }))),
    bots: Schema.optionalKey(Schema.Array(Schema.NonEmptyString))
  })
})
export type AgentFile = typeof AgentFile.Type

/** Which repository to watch and whose commits count. `sample` is true only for the repository that `farmops up` made itself. */
export interface RepositoryConfig {
  readonly path: string
  readonly identities?: ReadonlyArray<string>
  readonly windowDays?: number
  readonly bots?: ReadonlyArray<string>
  readonly sample?: boolean
}

/** Everything `agentLayer` needs. `port` null means that the agent serves no HTTP. */
export interface AgentConfig {
  readonly dataDir: string
  readonly trackerUrl: string
  readonly clusterAlias: string
  /** Told to the tracker at the first enrolment, and fixed from then on; null for an agent whose chain nothing can take back. */
  readonly recoveryPublicKey: string | null
  readonly host: string
  readonly port: number | null
}
