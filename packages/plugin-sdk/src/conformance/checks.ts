/** The questions that every plugin is asked, whatever it is written in. Each is independent of those before it. */
import { statSync } from "node:fs"
import { Code } from "@connectrpc/connect"
import { Effect, Result } from "effect"
import { messageBytesMax, rawDataBytesMax } from "../contract/Observation.ts"
import { protocolVersion } from "../contract/Verdict.ts"
import { checkLeak } from "../runtime/checkLeak.ts"
import { type Check, firstDifference, oneByOne, otherKind, refuses, type Subject, samplesMax } from "./Check.ts"
import { makeClient } from "./openTarget.ts"
import {
  askDescription,
  askSession,
  askUnary,
  callMsMax,
  configure,
  descriptionBytes,
  showReply,
  stillAnswers
} from "./TestedPlugin.ts"
import { atOnce, deadline, givingUp, manyAtOnce } from "./underLoad.ts"

const bytes = (text: string) => new TextEncoder().encode(text)

const token: Check = {
  name: "token",
  expected: "refuses a call without the right token",
  run: ({ target, token }) =>
    Effect.gen(function* () {
      if (token === null) return { skip: "no token was given for this socket" }
      for (const wrong of ["", "wrong", token.slice(1)]) {
        const { client, close } = makeClient(target.socket, wrong)
        const reply = yield* Effect.result(askDescription({ ...target, client }))
        close()
        if (Result.isSuccess(reply))
          return `it describes itself to a caller with ${wrong === "" ? "no" : "a wrong"} token`
        if (reply.failure.code !== Code.Unauthenticated)
          return `it answers ${Code[reply.failure.code]}, not Unauthenticated`
      }
      return null
    })
}

const oversized = Effect.fnUntraced(function* ({ samples: [sample], target }: Subject) {
  const reply = yield* askUnary(target, { ...sample, rawData: new Uint8Array(messageBytesMax + 1024).fill(0x20) })
  if (reply._tag === "Verdict") return "it gives a verdict on a message above 4 MiB"
  return yield* stillAnswers(target)
})

const determinism = Effect.fnUntraced(function* ({ samples, target }: Subject) {
  const asks = samples.slice(0, samplesMax)
  return firstDifference(asks, yield* oneByOne(target, asks), yield* oneByOne(target, asks))
})

const leak = Effect.fnUntraced(function* ({ description, golden, samples, target }: Subject) {
  const asks = samples.slice(0, samplesMax)
  let looked = 0
  for (const ask of asks) {
    const reply = yield* askUnary(target, ask)
    if (reply._tag !== "Verdict" || reply.verdict.verdict !== "verified") continue
    looked++
    const fault = checkLeak(description, reply.verdict, ask.rawData)
    if (fault !== null) return `${ask.observationId}: ${fault}, so an agent would keep the proof back`
  }
  if (looked > 0) return null
  return {
    skip: golden ? "no golden verdict is verified" : "no golden verdicts were given, and nothing else was verified"
  }
})

const session = Effect.fnUntraced(function* ({ description, samples, target }: Subject) {
  if (!description.capabilities.includes("session")) return { skip: 'it does not offer the capability "session"' }
  const asks = samples.slice(0, samplesMax)
  return firstDifference(asks, yield* oneByOne(target, asks), yield* oneByOne(target, asks, askSession))
})

const whereOffered =
  (run: Check["run"]): Check["run"] =>
  (subject) =>
    subject.description.capabilities.includes("session")
      ? run(subject)
      : Effect.succeed({ skip: 'it does not offer the capability "session"' })

/** The questions before the golden verdicts and the end, in order. */
export const checks: ReadonlyArray<Check> = [
  {
    name: "protocol",
    expected: `speaks version ${protocolVersion} of the contract, and knows at least one source`,
    run: ({ description: { protocol_versions, sources } }) => {
      if (!protocol_versions.includes(protocolVersion))
        return Effect.succeed(`it speaks ${protocol_versions.join(", ")}`)
      return Effect.succeed(sources.length === 0 ? "it names no source" : null)
    }
  },
  {
    name: "same-description",
    expected: "describes itself the same way each time",
    run: ({ target }) =>
      Effect.result(Effect.all([askDescription(target), askDescription(target)])).pipe(
        Effect.map((both) => {
          if (Result.isFailure(both)) return `it answers ${Code[both.failure.code]} the second time`
          const [one, other] = both.success
          return descriptionBytes(one) === descriptionBytes(other) ? null : "its second description is another"
        })
      )
  },
  {
    name: "socket-mode",
    expected: "opens its socket to its owner only (mode 0600)",
    run: ({ target }) =>
      Effect.sync(() => {
        const mode = statSync(target.socket).mode & 0o777
        return (mode & 0o077) === 0 ? null : `its mode is ${mode.toString(8).padStart(4, "0")}`
      })
  },
  token,
  {
    name: "configure",
    expected: "takes a configuration or refuses it in words",
    run: ({ description, target }) => {
      if (description.configuration_schema === null)
        return Effect.succeed({ skip: "it publishes no configuration schema" })
      return Effect.map(Effect.result(configure(target, {})), (answer) => {
        if (Result.isSuccess(answer)) return null
        const { code, rawMessage } = answer.failure
        if (code !== Code.InvalidArgument) return `it answers ${Code[code]} to ConfigureSources, not InvalidArgument`
        return rawMessage === "" ? "it does not say what is wrong with a configuration" : null
      })
    }
  },
  {
    name: "unknown-source",
    expected: "refuses an observation of a source that it does not know",
    run: refuses(() => ({ sourceType: "conformance-unknown" }))
  },
  {
    name: "malformed-json",
    expected: "refuses raw data that is not JSON",
    run: (subject) =>
      Effect.gen(function* () {
        for (const text of ["", "{", "[1,]", "{'a':1}", "nothing"]) {
          const finding = yield* refuses(() => ({ rawData: bytes(text) }))(subject)
          if (finding !== null) return `${JSON.stringify(text)}: ${finding}`
        }
        return null
      })
  },
  {
    name: "not-utf8",
    expected: "refuses raw data that is not UTF-8",
    run: refuses(() => ({ rawData: new Uint8Array([0x22, 0xff, 0xfe, 0x22]) }))
  },
  {
    name: "largest",
    expected: "answers to raw data of the largest size that an agent sends",
    run: ({ samples: [sample], target }) =>
      Effect.map(
        askUnary(target, { ...sample, rawData: bytes(JSON.stringify("x".repeat(rawDataBytesMax - 2))) }, 2 * callMsMax),
        (reply) =>
          reply._tag === "Verdict" || (reply._tag === "Failed" && reply.code === Code.InvalidArgument)
            ? null
            : `it answers ${showReply(reply)}`
      )
  },
  { name: "oversized", expected: "refuses a message above 4 MiB and goes on", run: oversized },
  { name: "deadline", expected: "goes on when a deadline passes", run: deadline },
  { name: "cancel", expected: "goes on when calls are cancelled", run: givingUp(1, askUnary) },
  { name: "concurrency", expected: `answers ${manyAtOnce} at once as it answers one by one`, run: atOnce(askUnary) },
  {
    name: "determinism",
    expected: "gives the same verdict, byte for byte, to the same observation and memory",
    run: determinism
  },
  { name: "leak", expected: "says nothing in a proof but what it has published", run: leak },
  { name: "session", expected: "gives the same verdicts over a Session", run: session },
  {
    name: "session-refusal",
    expected: "refuses one request of a Session and goes on with the others",
    run: whereOffered((subject) =>
      Effect.gen(function* () {
        const { samples, target } = subject
        const before = yield* askSession(target, samples[0])
        const finding = yield* refuses(() => ({ sourceType: "conformance-unknown" }), askSession)(subject)
        if (finding !== null) return finding
        return otherKind(before, yield* askSession(target, samples[0]))
      })
    )
  },
  {
    name: "session-concurrency",
    expected: `answers ${manyAtOnce} at once over a Session as it answers one by one`,
    run: whereOffered(atOnce(askSession))
  },
  {
    name: "session-cancel",
    expected: "goes on when requests of a Session are cancelled",
    run: whereOffered(givingUp(1, askSession))
  }
]
