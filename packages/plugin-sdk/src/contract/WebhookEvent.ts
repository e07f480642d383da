/** What a webhook source tells a plugin: one delivery whose signature was good. Source types are `github`, `gitea` and `webhook`. */
import { Schema } from "effect"

/** One delivery. `payload` is the sender's JSON, all of it raw data. */
export const WebhookEvent = Schema.Struct({
  kind: Schema.Literal("webhook"),
  /** The name of the event as the sender's header has it, in the sender's words: `pull_request_review`. Empty where it names none. */
  event: Schema.String,
  payload: Schema.Unknown
})
export type WebhookEvent = typeof WebhookEvent.Type
