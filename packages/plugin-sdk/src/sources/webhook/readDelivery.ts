/** From a webhook request's headers and raw body to an observation, or to why it is none. Pure: the time now is an argument. */
import { DateTime, Redacted } from "effect"
import { type Observation, rawDataBytesMax } from "../../contract/Observation.ts"
import type { Named } from "../localObservation.ts"
import { digestOf, opaqueId } from "../opaqueId.ts"
import type { RefusalCode } from "../receive/refusal.ts"
import { checkSignature } from "./checkSignature.ts"
import { actorOf, subjectOf, timeOf } from "./payloadFacts.ts"
import type { WebhookOptions } from "./WebhookOptions.ts"

/** What a delivery comes to. */
export type Reading =
  | { readonly tag: "refused"; readonly code: RefusalCode }
  /** Signed, and nothing to see: the sender's own test, or an event that is not on the list. */
  | { readonly tag: "pong" | "ignored" }
  | {
      readonly tag: "delivery"
      /** What the sender calls the delivery; null where it does not. Nobody signed it. */
      readonly deliveryId: string | null
      readonly observation: Observation
    }

/** Names in lower case. */
export type Headers = Readonly<Record<string, string | undefined>>

const forges = {
  github: {
    signature: "x-hub-signature-256",
    prefix: "sha256=",
    event: "x-github-event",
    delivery: "x-github-delivery"
  },
  gitea: { signature: "x-gitea-signature", prefix: "", event: "x-gitea-event", delivery: "x-gitea-delivery" }
} as const

const namesOf = (options: WebhookOptions) =>
  options.sender !== "webhook"
    ? forges[options.sender]
    : {
        signature: options.signature_header.toLowerCase(),
        prefix: options.signature_prefix ?? "",
        event: options.event_header?.toLowerCase() ?? null,
        delivery: options.delivery_header?.toLowerCase() ?? null
      }

const strictUtf8 = new TextDecoder("utf-8", { fatal: true })
const utf8 = new TextEncoder()

// The JSON text as it was sent: written again, it could grow, or be nested too deeply to be written at all.
const readJson = (mediaType: string, body: Uint8Array): { text: string; payload: unknown } | null => {
  try {
    const whole = strictUtf8.decode(body)
    const text = mediaType === "application/json" ? whole : new URLSearchParams(whole).get("payload")
    return text === null ? null : { text, payload: JSON.parse(text) }
  } catch {
    return null
  }
}

/** The media types that senders use: JSON, or a form whose field `payload` is JSON. */
export const mediaTypes: ReadonlyArray<string> = ["application/json", "application/x-www-form-urlencoded"]

// A sender's word that goes into the observation.
const wordLengthMax = 128

/** Reads one delivery. `mediaType` is one of {@link mediaTypes}. */
export const readDelivery = (
  options: WebhookOptions & Named,
  mediaType: string,
  headers: Headers,
  body: Uint8Array,
  nowMs: number
): Reading => {
  const names = namesOf(options)
  // Untrusted until here: nothing of the body has been looked at.
  if (!checkSignature(body, headers[names.signature], options.secrets.map(Redacted.value), names.prefix)) {
    return { tag: "refused", code: "bad_signature" }
  }
  const event = (names.event === null ? "" : (headers[names.event] ?? "")).slice(0, wordLengthMax)
  if (event === "ping") return { tag: "pong" }
  if (options.events !== undefined && !options.events.includes(event)) return { tag: "ignored" }
  const read = readJson(mediaType, body)
  if (read === null) return { tag: "refused", code: "bad_body" }
  const rawData = utf8.encode(`{"kind":"webhook","event":${JSON.stringify(event)},"payload":${read.text}}`)
  if (rawData.length > rawDataBytesMax) return { tag: "refused", code: "body_too_large" }
  const { payload } = read
  const isForge = options.sender !== "webhook"
  const actor = isForge
    ? actorOf(payload, options.bots ?? [])
    : { identifier: options.actor, type: options.actor_type ?? "human" }
  const observation: Observation = {
    // Of what was signed alone: whoever gets hold of a delivery cannot have it counted again under another delivery id.
    observationId: opaqueId("farmops/webhook", options.sender, options.name, digestOf(body)),
    sourceType: options.sender,
    rawData,
    detectedAt: DateTime.makeUnsafe(nowMs),
    occurredAt: DateTime.makeUnsafe(Math.max(0, Math.min((isForge ? timeOf(payload) : null) ?? nowMs, nowMs))),
    subject: isForge ? subjectOf(event, payload) : null,
    actor: { identifier: Redacted.make(actor.identifier, { label: "actor" }), type: actor.type }
  }
  const given = names.delivery === null ? undefined : headers[names.delivery]
  return { tag: "delivery", deliveryId: given === undefined ? null : given.slice(0, wordLengthMax), observation }
}
