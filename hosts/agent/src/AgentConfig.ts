/** What an agent needs to know before it starts, as a file says it and as the Layer takes it. */
import type { TrackerAccess } from "@farmops/core/delivery/TrackerAccess"
import { hex32Pattern } from "@farmops/proof/proofForm"
import { actorTypes } from "@farmops/proof/vocabulary"
import { Schema } from "effect"
import { RepositoryFields, SourceEntry } from "./SourceEntry.ts"

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

const port = Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 65_535 }))
const count = (minimum: number, maximum: number) => Schema.Int.check(Schema.isBetween({ minimum, maximum }))

/** `agent.yaml`. A key that is not here is refused by name and line. */
export const AgentFile = Schema.Struct({
  cluster_alias: Schema.optionalKey(ClusterAlias),
  data: Schema.optionalKey(Schema.NonEmptyString),
  recovery_public_key: Schema.optionalKey(RecoveryPublicKey),
  tracker: Schema.optionalKey(
    Schema.Struct({
      url: Schema.NonEmptyString,
      /** A PEM file: only what it signed is taken for the tracker. Without it, what this system trusts. */
      ca: Schema.optionalKey(Schema.NonEmptyString),
      client_cert: Schema.optionalKey(Schema.NonEmptyString),
      client_key: Schema.optionalKey(Schema.NonEmptyString),
      /** The name in the tracker's certificate, where it is not the one in the address. */
      server_name: Schema.optionalKey(Schema.NonEmptyString),
      /** What the owner handed over at the approval; best from the environment. */
      api_key: Schema.optionalKey(Schema.NonEmptyString)
    })
  ),
  /** The short way to one repository. */
  repository: Schema.optionalKey(Schema.Struct(RepositoryFields)),
  sources: Schema.optionalKey(Schema.Array(SourceEntry).check(Schema.isMaxLength(256))),
  /** The plugins' manifest; without it the plugin for repositories alone. */
  plugins: Schema.optionalKey(Schema.NonEmptyString),
  /** Whose work it is where a source is not told. */
  actor: Schema.optionalKey(
    Schema.Struct({ identifier: Schema.NonEmptyString, type: Schema.optionalKey(Schema.Literals(actorTypes)) })
  ),
  outbox_max: Schema.optionalKey(count(1, 10_000_000)),
  observations: Schema.optionalKey(
    Schema.Struct({
      window_days: Schema.optionalKey(count(1, 90)),
      max: Schema.optionalKey(count(1, 1_000_000))
    })
  ),
  /** Where the agent's own API listens. */
  api: Schema.optionalKey(
    Schema.Struct({ host: Schema.optionalKey(Schema.NonEmptyString), port: Schema.optionalKey(port) })
  ),
  /** Where webhooks are received, apart from the API: only this need be reached from elsewhere. */
  hooks: Schema.optionalKey(
    Schema.Struct({
      host: Schema.optionalKey(Schema.NonEmptyString),
      port: Schema.optionalKey(port),
      /** Names under which a proxy on this machine passes requests on. */
      host_names: Schema.optionalKey(Schema.Array(Schema.NonEmptyString))
    })
  )
})
export type AgentFile = typeof AgentFile.Type

/** Where webhooks are received unless the file says otherwise: this machine only, beside the API's port. */
export const hooksDefault = { host: "127.0.0.1", port: 8446 } as const

/** Everything `agentLayer` needs. `port` null means that the agent serves no HTTP. */
export interface AgentConfig {
  readonly dataDir: string
  readonly trackerUrl: string
  /** Certificates and key for a tracker beyond this machine. */
  readonly trackerAccess?: TrackerAccess
  readonly clusterAlias: string
  /** Told to the tracker at the first enrolment, and fixed from then on; null for an agent whose chain nothing can take back. */
  readonly recoveryPublicKey: string | null
  readonly host: string
  readonly port: number | null
  /** How many proofs may wait for the tracker before observation pauses. */
  readonly outboxMax?: number
  /** How long an observation may wait for its plugins, and how many may. */
  readonly observations?: { readonly windowDays?: number; readonly max?: number }
  /** Where webhooks are received; nowhere without it. */
  readonly hooks?: { readonly host: string; readonly port: number; readonly hostNames?: ReadonlyArray<string> }
  /** Go on without what another observation key has sealed. */
  readonly forgetObservations?: boolean
}
