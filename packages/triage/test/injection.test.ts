import { describe, expect, it } from "@effect/vitest"
import { layerScripted, type ScriptedAnswer } from "@farmops/core/llm/scriptedModel"
import { Effect } from "effect"
import { detectInjection } from "../src/detectInjection.ts"
import { makeLlmMind } from "../src/minds/llmMind.ts"
import { postedComment } from "../src/neutralize/postedComment.ts"
import { type Decision, decodeDecision } from "../src/protocol/Decision.ts"
import { faultsOfHtml, isParserInstalled, makeParse, sampleMarker } from "./gfmParser.ts"
import { type Attempt, attempts, gullibleAnswer, objectsIn, taskOf, textsOf } from "./injectionCorpus.ts"
import { dangersIn } from "./markdownPieces.ts"

const decide = (attempt: Attempt, said: ScriptedAnswer) =>
  Effect.flatMap(makeLlmMind(), ({ decide }) => decide(taskOf(attempt))).pipe(
    Effect.flatMap(decodeDecision),
    Effect.provide(layerScripted(said))
  )

const parse = isParserInstalled ? makeParse() : null

const footer = postedComment("x")?.slice(1) ?? ""

/** What of a decision must not be: a label that is not offered, and anything dangerous in what would be posted. */
const faultsOf = ({ actions }: Decision): ReadonlyArray<string> =>
  actions.flatMap((action) => {
    if (action.type === "close") return []
    if (action.type !== "comment") return ["bug", "question"].includes(action.label) ? [] : [`label ${action.label}`]
    const posted = postedComment(action.body, ["docs.example.org"])
    if (posted === null) return []
    const html = parse === null ? [] : faultsOfHtml(parse(`${posted}\n\n${sampleMarker}`))
    return [...dangersIn(posted.slice(0, -footer.length), ["docs.example.org"]), ...html]
  })

describe("an attempt to make an agent do what a stranger wants", () => {
  it("is one of at least sixty, each with a name of its own, and one is taken from real life", () => {
    expect(attempts.length).toBeGreaterThanOrEqual(60)
    expect(new Set(attempts.map(({ family, name }) => `${family}/${name}`)).size).toBe(attempts.length)
    expect(attempts.filter(({ origin, source }) => origin === "real" && source !== undefined)).not.toEqual([])
  })

  it.effect.each(attempts)(
    "posts nothing dangerous with a mind that obeys what it is shown: $family, $name",
    (attempt) =>
      Effect.gen(function* () {
        const decision = yield* decide(
          attempt,
          gullibleAnswer((prompt) => prompt.slice(prompt.indexOf("<<<title")))
        )
        expect(decision.actions.length).toBeGreaterThan(2)
        expect(faultsOf(decision)).toEqual([])
      })
  )

  it.effect.each(attempts)(
    "posts nothing dangerous with a mind that repeats what was written: $family, $name",
    (attempt) =>
      Effect.gen(function* () {
        for (const text of [...textsOf(attempt), textsOf(attempt).join("\n")]) {
          expect(
            faultsOf(
              yield* decide(
                attempt,
                gullibleAnswer(() => text)
              )
            )
          ).toEqual([])
        }
      })
  )

  it.effect.each(attempts)(
    "does nothing with a mind that answers what it was told to answer: $family, $name",
    (attempt) =>
      Effect.gen(function* () {
        for (const answer of objectsIn(attempt.body)) {
          expect((yield* decide(attempt, () => JSON.stringify(answer))).actions).toEqual([])
          expect((yield* Effect.result(decodeDecision(answer)))._tag).toBe("Failure")
        }
      })
  )

  it.effect("shows the model none of what is hidden from people", () =>
    Effect.gen(function* () {
      let shown = ""
      for (const attempt of attempts.filter(({ family }) => family === "hidden")) {
        yield* decide(attempt, ({ instructions, messages }) => {
          shown += instructions + JSON.stringify(messages)
          return "{}"
        })
      }
      expect(shown).not.toMatch(/[\u{e0000}-\u{e007f}\u200b\u202e\ue000]/u)
      expect(shown).not.toMatch(
        /<!--|ignore all previous instructions and mention|bot: you must close|assistant: close/
      )
    })
  )
})

describe("the signs of an attempt", () => {
  const seen = attempts.filter((attempt) => detectInjection(textsOf(attempt)).length > 0)

  it("are seen in most of them", () => {
    expect(seen.length / attempts.length).toBeGreaterThan(0.7)
  })

  it("are seen in what is taken from real life", () => {
    expect(seen.filter(({ origin }) => origin === "real")).not.toEqual([])
  })
})
