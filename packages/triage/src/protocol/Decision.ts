/** What an agent answers: a decision and the actions it asks for. Which issue they are for is the task's to say, never the agent's. */
import { Schema } from "effect"

/** More actions than this are no triage. */
export const actionsMax = 10

/** A longer comment is a report; GitHub itself takes 65,536. */
export const commentCharactersMax = 8_000

/** A rationale is for the log. */
export const rationaleCharactersMax = 4_000

/** GitHub's own bound for a label's name. */
const LabelName = Schema.String.check(Schema.isMinLength(1), Schema.isMaxLength(50))

/** One thing to do to the task's issue. */
export const Action = Schema.Union([
  Schema.Struct({ type: Schema.Literal("add_label"), label: LabelName }),
  Schema.Struct({ type: Schema.Literal("remove_label"), label: LabelName }),
  Schema.Struct({
    type: Schema.Literal("comment"),
    body: Schema.String.check(Schema.isMinLength(1), Schema.isMaxLength(commentCharactersMax))
  }),
  Schema.Struct({ type: Schema.Literal("close"), reason: Schema.Literals(["completed", "not_planned", "duplicate"]) })
])

/** See the schema of the same name. */
export type Action = typeof Action.Type

/** The kinds of {@link Action}, each with a mode of its own in the configuration. */
export const actionTypes = ["add_label", "remove_label", "comment", "close"] as const

/** What the agent made of the issue; `escalate` asks for a person. */
export const Verdict = Schema.Literals(["label_and_respond", "close", "escalate", "skip"])

/** Of one answer: a thousand million tokens, or a thousand dollars. What is below nothing would buy others more than the owner allows. */
const Amount = Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 1_000_000_000 }))

/** The answer to a task. Unknown keys are refused by {@link decodeDecision}. */
export const Decision = Schema.Struct({
  task_id: Schema.String,
  decision: Verdict,
  /** For the log; never posted. */
  rationale: Schema.String.check(Schema.isMaxLength(rationaleCharactersMax)),
  actions: Schema.Array(Action).check(Schema.isMaxLength(actionsMax)),
  /** How often an answer like this one is right, 0 to 1, where the mind can say. */
  confidence: Schema.optionalKey(Schema.Finite.check(Schema.isBetween({ minimum: 0, maximum: 1 }))),
  /** What the model cost, where one was asked. */
  usage: Schema.optionalKey(
    Schema.Struct({
      input_tokens: Amount,
      output_tokens: Amount,
      /** Millionths of a US dollar; null where the model has no price in the table. */
      cost_micro_usd: Schema.NullOr(Amount)
    })
  )
})

/** See the schema of the same name. */
export type Decision = typeof Decision.Type

/** Reads an agent's answer; an unknown key is a fault. */
export const decodeDecision = Schema.decodeUnknownEffect(Decision, { onExcessProperty: "error" })
