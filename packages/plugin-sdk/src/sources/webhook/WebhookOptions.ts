/** The settings of a webhook receiver, as a configuration file has them. */
import { Schema } from "effect"
import { rawDataBytesMax } from "../../contract/Observation.ts"
import { localFields } from "../localObservation.ts"

/** A secret that is never printed. */
export const Secret = Schema.RedactedFromValue(Schema.NonEmptyString, { label: "secret" })

/**
 * The most that a body may have unless said otherwise. GitHub sends up to 25 MiB and an observation holds less than 4 MiB: what
 * says who reviewed or merged has some tens of KiB, and a push of thousands of files is refused.
 */
export const bodyBytesDefault = 3 * 1024 * 1024

/** A sender on a slow line needs a few seconds for that; one that wants to hold a connection gets no more. */
export const bodyMsDefault = 10_000

// The envelope around a payload: its kind and the event's name.
const bodyBytesMax = rawDataBytesMax - 1024

const shared = {
  /** One, or two while it is being changed: what either signed is good. */
  secrets: Schema.NonEmptyArray(Secret).check(Schema.isMaxLength(8)),
  /** The events that are taken, in the sender's words; others are answered and dropped. All of them where it is absent. */
  events: Schema.optionalKey(Schema.Array(Schema.NonEmptyString)),
  body_bytes_max: Schema.optionalKey(Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: bodyBytesMax }))),
  body_ms_max: Schema.optionalKey(Schema.Int.check(Schema.isBetween({ minimum: 100, maximum: 60_000 })))
} as const

const HeaderName = Schema.String.check(
  Schema.isPattern(/^[A-Za-z0-9-]{1,64}$/, { message: "the name of an HTTP header" })
)

/** GitHub or Gitea. */
export const ForgeWebhookOptions = Schema.Struct({
  ...shared,
  sender: Schema.Literals(["github", "gitea"]),
  /** Further accounts that belong to machines. */
  bots: Schema.optionalKey(Schema.Array(Schema.NonEmptyString))
})

/** Any other sender that signs with HMAC-SHA-256. Each of its bodies must differ: an id or a time has to be in it. */
export const PlainWebhookOptions = Schema.Struct({
  ...shared,
  sender: Schema.Literal("webhook"),
  signature_header: HeaderName,
  /** What stands before the hex digits: `sha256=`. */
  signature_prefix: Schema.optionalKey(Schema.String),
  event_header: Schema.optionalKey(HeaderName),
  delivery_header: Schema.optionalKey(HeaderName),
  actor: localFields.actor,
  actor_type: localFields.actor_type
})

/** All settings of one webhook receiver. `sender` is also the source type. */
export const WebhookOptions = Schema.Union([ForgeWebhookOptions, PlainWebhookOptions])
export type WebhookOptions = typeof WebhookOptions.Type
