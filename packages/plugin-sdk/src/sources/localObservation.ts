/** What the sources that an operator points at something share: a source type of their own choice, and whose work it is. */
import { actorTypes } from "@farmops/proof/vocabulary"
import { Clock, DateTime, Effect, Redacted, Schema } from "effect"
import { type Observation, rawDataBytesMax } from "../contract/Observation.ts"
import { opaqueId } from "./opaqueId.ts"

/** A kind of source, as plugins name it. */
export const SourceType = Schema.String.check(
  Schema.isPattern(/^[a-z][a-z0-9-]{0,63}$/, {
    message: "a word of at most 64 lowercase letters, digits and hyphens that begins with a letter"
  })
)

/** What an operator may call a source: it is a part of paths, and of ids for as long as the source is there. */
export const SourceName = Schema.String.check(
  Schema.isPattern(/^[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?$/, {
    message: "a name of 1 to 64 lowercase letters, digits and inner hyphens"
  })
)

/** Where to ask. A name and a password have a place of their own in the settings, and are refused here. */
export const HttpUrl = Schema.String.check(
  Schema.makeFilter(
    (text) => {
      const url = URL.canParse(text) ? new URL(text) : null
      return url !== null && /^https?:$/.test(url.protocol) && url.username === "" && url.password === ""
    },
    { message: "an http or https address without a name or a password in it" }
  )
)

/** Settings of every such source. */
export const localFields = {
  /** Under which source type plugins get it. */
  source_type: SourceType,
  /** Whose work this counts as; hashed before anything leaves the agent. */
  actor: Schema.NonEmptyString,
  /** What the actor is; `human` unless said otherwise. */
  actor_type: Schema.optionalKey(Schema.Literals(actorTypes))
} as const

const LocalOptions = Schema.Struct(localFields)

/** A name that the operator gave a source. */
export interface Named {
  readonly name: string
}

const utf8 = new TextEncoder()

/**
 * An observation that was made here and now. `parts` tell it from all others of this source, and `about` is its subject.
 * Null where the event is larger than an observation may be.
 */
export const observeLocally = (
  { actor, actor_type = "human", name, source_type }: typeof LocalOptions.Type & Named,
  event: unknown,
  parts: ReadonlyArray<string>,
  about: string | null
): Effect.Effect<Observation | null> =>
  Effect.map(Clock.currentTimeMillis, (nowMs) => {
    const rawData = utf8.encode(JSON.stringify(event))
    if (rawData.length > rawDataBytesMax) return null
    const now = DateTime.makeUnsafe(nowMs)
    return {
      observationId: opaqueId("farmops/local", source_type, name, ...parts),
      sourceType: source_type,
      rawData,
      detectedAt: now,
      occurredAt: now,
      subject: about === null ? null : opaqueId("farmops/local subject", source_type, name, about),
      actor: { identifier: Redacted.make(actor, { label: "actor" }), type: actor_type }
    }
  })
