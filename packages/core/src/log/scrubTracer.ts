/** A tracer whose spans hand on no secret: not in a name, an attribute, an event or a failure. */
import { Cause, Effect, Exit, Formatter, Layer, type Redacted, Tracer } from "effect"
import { SecretsToScrub } from "./SecretsToScrub.ts"
import { scrubSecrets } from "./scrubSecrets.ts"

type Scrub = (text: string) => string

const scrubValue = (scrub: Scrub, value: unknown): unknown => {
  if (typeof value === "string") return scrub(value)
  return typeof value === "object" && value !== null ? scrub(Formatter.format(value)) : value
}

/** A failure whose words hold a secret becomes one that says the same without it. */
const scrubExit = (scrub: Scrub, exit: Exit.Exit<unknown, unknown>): Exit.Exit<unknown, unknown> => {
  if (Exit.isSuccess(exit)) return exit
  const words = Cause.prettyErrors(exit.cause, { includeCauseInStack: true }).map(
    ({ message, stack }) => `${message}\n${stack ?? ""}`
  )
  if (words.every((text) => scrub(text) === text)) return exit
  const error = new Error(scrub(Cause.prettyErrors(exit.cause)[0]?.message ?? ""))
  error.stack = scrub(Cause.pretty(exit.cause))
  return Exit.die(error)
}

const scrubSpan = (scrub: Scrub, span: Tracer.Span): Tracer.Span => {
  const attribute = span.attribute.bind(span)
  const event = span.event.bind(span)
  const end = span.end.bind(span)
  return Object.assign(span, {
    attribute: (key: string, value: unknown) => attribute(key, scrubValue(scrub, value)),
    event: (name: string, startTime: bigint, attributes: Record<string, unknown> = {}) =>
      event(
        scrub(name),
        startTime,
        Object.fromEntries(Object.entries(attributes).map(([key, value]) => [key, scrubValue(scrub, value)]))
      ),
    end: (endTime: bigint, exit: Exit.Exit<unknown, unknown>) => end(endTime, scrubExit(scrub, exit))
  })
}

/** Wraps `tracer`; its spans are those of `tracer`, with scrubbed words. */
export const scrubTracer = (
  tracer: Tracer.Tracer,
  secrets: ReadonlyArray<Redacted.Redacted<string>>
): Tracer.Tracer => {
  const scrub: Scrub = (text) => scrubSecrets(text, secrets)
  return Tracer.make({
    span: (options) => scrubSpan(scrub, tracer.span({ ...options, name: scrub(options.name) })),
    context: tracer.context
  })
}

/** Over the layer of a tracer: what it exports is scrubbed, with the secrets of {@link SecretsToScrub}. */
export const layerScrubTracer = Layer.effect(
  Tracer.Tracer,
  Effect.gen(function* () {
    return scrubTracer(yield* Effect.tracer, yield* SecretsToScrub)
  })
)
