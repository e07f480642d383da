/** One question to a model, before any repair or retry: what each provider has to be able to do. */
import { type Effect, JsonSchema, Schema } from "effect"
import type { ModelOverloaded, ModelUnavailable } from "./ModelError.ts"
import type { ModelUsage } from "./Spent.ts"

/** One turn of the conversation so far. */
export interface ModelMessage {
  readonly role: "user" | "assistant"
  readonly content: string
}

/** A JSON Schema, as JSON. */
export type JsonSchemaObject = Readonly<Record<string, unknown>>

/** What is sent. */
export interface ModelQuestion {
  readonly instructions: string
  readonly messages: ReadonlyArray<ModelMessage>
  /** The shape of the answer; draft 7, which every provider takes. */
  readonly schema: JsonSchemaObject
  readonly maxOutputTokens: number
  readonly timeoutMs: number
}

/** What came back. */
export interface ModelReply {
  readonly text: string
  /** `length` where it was cut off, `refused` where the model or its provider would not answer. */
  readonly finish: "stop" | "length" | "refused"
  readonly usage: ModelUsage
}

/** Asks once. It has no answer of its own to what fails: who calls it decides what is tried again. */
export type AskModel = (question: ModelQuestion) => Effect.Effect<ModelReply, ModelOverloaded | ModelUnavailable>

/** The shape of an answer as providers take it. Closed: the decoder refuses what it does not name, and the model should know. */
export const jsonSchemaOf = <A, I>(schema: Schema.Codec<A, I>): JsonSchemaObject => {
  const document = JsonSchema.toDocumentDraft07(Schema.toJsonSchemaDocument(schema, { onExcessProperty: "error" }))
  const { definitions } = document
  return Object.keys(definitions).length === 0 ? document.schema : { ...document.schema, definitions }
}
