/** A model whose answers are a function of the question: for tests and rehearsals of what is built on the port. Costs nothing. */
import { Effect, Layer } from "effect"
import type { ModelQuestion, ModelReply } from "./AskModel.ts"
import { LanguageModel, makeLanguageModel } from "./LanguageModel.ts"

/** What it says; a bare text is an answer that ended. */
export type ScriptedAnswer = (question: ModelQuestion) => string | Pick<ModelReply, "text" | "finish">

const ownWork = { input: 0, cacheRead: 0, cacheWrite: 0, output: 0 }

/** Everything around the model is real: reading, repair, bounds and the errors. */
export const layerScripted = (answer: ScriptedAnswer): Layer.Layer<LanguageModel> =>
  Layer.succeed(
    LanguageModel,
    makeLanguageModel({
      model: "scripted/answers",
      price: ownWork,
      ask: (question) =>
        Effect.sync(() => {
          const said = answer(question)
          const usage = { input: question.instructions.length, cacheRead: 0, cacheWrite: 0, output: 1 }
          return typeof said === "string" ? { text: said, finish: "stop", usage } : { ...said, usage }
        })
    })
  )
