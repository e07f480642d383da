/** What a question to a plugin is made of, and how two of its answers are compared. */
import { Code } from "@connectrpc/connect"
import { Effect } from "effect"
import type { PluginDescription } from "../contract/Verdict.ts"
import type { Target } from "./openTarget.ts"
import { type Ask, askUnary, type Reply, showReply } from "./TestedPlugin.ts"

/** What a check has to work with. The configuration of the samples has been handed over. */
export interface Subject {
  readonly target: Target
  readonly description: PluginDescription
  /** Requests that the plugin should have a verdict for; never none. */
  readonly samples: readonly [Ask, ...ReadonlyArray<Ask>]
  /** Whether they are the author's own, and not just anything. */
  readonly golden: boolean
  /** Of a socket on which no token is expected, null. */
  readonly token: string | null
}

/** Null where it does as expected, a sentence where not, and `skip` with a reason where it was not looked at. */
export type Finding = string | null | { readonly skip: string }

/** A question. */
export interface Check {
  readonly name: string
  readonly expected: string
  readonly run: (subject: Subject) => Effect.Effect<Finding>
}

/** More samples than these would find nothing new. */
export const samplesMax = 64

const refused = (reply: Reply): Finding =>
  reply._tag === "Failed" && reply.code === Code.InvalidArgument
    ? null
    : `it answers ${showReply(reply)}, not InvalidArgument`

/** Asks for the first sample with a change, which must be refused with INVALID_ARGUMENT. */
export const refuses =
  (change: (ask: Ask) => Partial<Ask>, ask = askUnary) =>
  ({ samples, target }: Subject) =>
    Effect.map(ask(target, { ...samples[0], ...change(samples[0]) }), refused)

const isSame = (one: Reply, other: Reply): boolean =>
  one._tag === "Verdict" && other._tag === "Verdict" ? one.bytes === other.bytes : showReply(one) === showReply(other)

/** The first request to which it answers otherwise than before. */
export const firstDifference = (
  asks: ReadonlyArray<Ask>,
  wanted: ReadonlyArray<Reply>,
  given: ReadonlyArray<Reply>
): Finding => {
  for (const [at, ask] of asks.entries()) {
    const [one, other] = [wanted[at], given[at]]
    if (one === undefined || other === undefined || isSame(one, other)) continue
    const alike = one._tag === "Verdict" && other._tag === "Verdict" ? "another verdict" : showReply(other)
    return `to ${ask.observationId} it answers ${showReply(one)} at first, then ${alike}`
  }
  return null
}

/** Whether it answers at all as before; whether two verdicts are the same is the matter of another check. */
export const otherKind = (before: Reply, after: Reply): Finding =>
  before._tag === after._tag ? null : `it answers ${showReply(before)} at first, then ${showReply(after)}`

/** The answers, each asked for after the last. */
export const oneByOne = (target: Target, asks: ReadonlyArray<Ask>, ask = askUnary) =>
  Effect.forEach(asks, (each) => ask(target, each))
