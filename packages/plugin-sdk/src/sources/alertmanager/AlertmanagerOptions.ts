/** The settings of an Alertmanager source, as a configuration file has them: a webhook, a poll, or both. */
import { Schema } from "effect"
import { Credential } from "../http/Credential.ts"
import { HttpUrl, localFields } from "../localObservation.ts"

const seconds = (minimum: number, maximum: number) => Schema.Int.check(Schema.isBetween({ minimum, maximum }))

/** How often an Alertmanager is asked. */
export const everySecondsDefault = 30

/**
 * How long the absence of an alert means nothing after Alertmanager was started: it has forgotten all alerts, and Prometheus
 * tells it again each minute and at its next evaluation.
 */
export const settleSecondsDefault = 180

/** Asks one Alertmanager; of several in a cluster, any. Needs no more than GET on alerts, silences and status. */
export const AlertmanagerPoll = Schema.Struct({
  url: HttpUrl,
  every_seconds: Schema.optionalKey(seconds(1, 3600)),
  settle_seconds: Schema.optionalKey(seconds(0, 3600)),
  credential: Schema.optionalKey(Credential),
  ca_file: Schema.optionalKey(Schema.NonEmptyString)
})

/** Is told by Alertmanager, at /hooks/NAME. It is never told of silences: who only listens sees an alert fire and resolve. */
export const AlertmanagerHook = Schema.Struct({ credential: Credential })

export const AlertmanagerOptions = Schema.Struct({
  poll: Schema.optionalKey(AlertmanagerPoll),
  webhook: Schema.optionalKey(AlertmanagerHook),
  /** Whose work an alert is that nobody silenced; hashed before anything leaves the agent. */
  actor: localFields.actor,
  actor_type: localFields.actor_type
})
export type AlertmanagerOptions = typeof AlertmanagerOptions.Type
