import { describe, expect, it } from "@effect/vitest"
import { Cause, Effect, Exit, Layer, Redacted, Schema, Tracer } from "effect"
import { describeFailure } from "../src/host/runHost.ts"
import { layerLog } from "../src/log/layerLog.ts"
import { layerSecretsToScrub } from "../src/log/SecretsToScrub.ts"
import { scrubbed, scrubSecrets } from "../src/log/scrubSecrets.ts"
import { layerScrubTracer } from "../src/log/scrubTracer.ts"

// Planted: put together here, so that no scan of this repository takes them for real ones.
const letters = "Ab3".repeat(12)
const planted: Readonly<Record<string, string>> = {
  personal: `ghp_${letters}`,
  oauth: `gho_${letters}`,
  server: `ghs_${letters}`,
  "fine-grained": `github_pat_${letters}_${letters}`,
  anthropic: `sk-ant-api03-${letters}-${letters}`,
  openai: `sk-proj-${letters}`,
  aws: `AKIA${"Q3".repeat(8)}`,
  npm: `npm_${letters}`,
  web: `eyJ${letters}.eyJ${letters}.${letters}`
}

const configured = 'horse"battery\\staple/ü'

class TokenRefused extends Schema.TaggedError<TokenRefused>()("TokenRefused", { words: Schema.String }) {
  override get message() {
    return this.words
  }
}

const logged = (format: "pretty" | "json", program: Effect.Effect<void>) =>
  Effect.gen(function* () {
    const lines: Array<string> = []
    const layer = Layer.merge(
      layerLog({ format, level: "Debug", write: (text) => void lines.push(text) }),
      layerSecretsToScrub([Redacted.make(configured)])
    )
    yield* Effect.provide(program, layer)
    return lines.join("")
  })

/** Says a secret in every place where a log line can hold one. */
const blurt = (secret: string) =>
  Effect.logError(
    `refused ${secret}`,
    { nested: { header: secret } },
    Cause.fail(new TokenRefused({ words: secret }))
  ).pipe(Effect.annotateLogs({ url: `https://example.org/?key=${encodeURIComponent(secret)}`, plain: secret }))

describe("scrubbing", () => {
  it.each(Object.entries(planted))("takes out a token by its form: %s", (_, token) => {
    expect(scrubSecrets(`before ${token} after`)).toBe(`before ${scrubbed} after`)
    expect(scrubSecrets(`"${token}"`)).toBe(`"${scrubbed}"`)
  })

  it("takes out what stands in an authorization header, a private key and a password in an address", () => {
    expect(scrubSecrets(`authorization: Bearer ${letters}`)).toBe(`authorization: Bearer ${scrubbed}`)
    expect(scrubSecrets(`authorization: token ${letters}`)).toBe(`authorization: token ${scrubbed}`)
    expect(scrubSecrets("postgres://farm:hay@barn/db")).toBe(`postgres://${scrubbed}@barn/db`)
    const key = `-----BEGIN ${"PRIVATE"} KEY-----\nMC4CAQ\nAb+/=\n-----END ${"PRIVATE"} KEY-----\n`
    expect(scrubSecrets(JSON.stringify({ key, cow: "Ada" }))).toBe(`{"key":"${scrubbed}","cow":"Ada"}`)
  })

  it("leaves honest words alone", () => {
    const honest = [
      "the bearer of good news, a token of thanks and a basic misunderstanding",
      "sk-learn and ask-me-anything at https://example.org:8443/path",
      "sha256 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
      "123e4567-e89b-42d3-a456-426614174000 in packages/core/src/log/scrubSecrets.ts"
    ]
    for (const text of honest) expect(scrubSecrets(text)).toBe(text)
  })

  it("knows a configured secret however it is spelled, and lets a word that is too short for one be", () => {
    const secrets = [Redacted.make(configured), Redacted.make("cow")]
    for (const text of [configured, JSON.stringify(configured), encodeURIComponent(configured)]) {
      expect(scrubSecrets(`a ${text} b`, secrets)).not.toMatch(/battery|staple/)
    }
    expect(scrubSecrets(Buffer.from(configured).toString("base64"), secrets)).toContain(scrubbed)
    expect(scrubSecrets("a cow", secrets)).toBe("a cow")
  })
})

describe("a log with secrets in it", () => {
  for (const format of ["pretty", "json"] as const) {
    it.effect.each([...Object.values(planted), configured])(`shows none of them (${format}): %s`, (secret) =>
      Effect.gen(function* () {
        const text = yield* logged(format, blurt(secret))
        expect(text).toContain(scrubbed)
        for (const spelled of [secret, JSON.stringify(secret).slice(1, -1), encodeURIComponent(secret)]) {
          expect(text).not.toContain(spelled)
        }
        if (format === "json") expect(JSON.parse(text)).toMatchObject({ level: "ERROR" })
      })
    )
  }
})

describe("the last line of a program that failed", () => {
  it.each(Object.values(planted))("shows no token: %s", (token) => {
    const { line } = describeFailure(
      "farmops",
      Cause.fail(new TokenRefused({ words: `the token ${token} is refused` }))
    )
    expect(line).toBe(`farmops: the token ${scrubbed} is refused`)
  })
})

describe("a trace with secrets in it", () => {
  it.effect("shows none of them in a name, an attribute, an event or a failure", () =>
    Effect.gen(function* () {
      const spans: Array<Tracer.NativeSpan> = []
      const kept = Tracer.make({
        span: (options) => {
          const span = new Tracer.NativeSpan(options)
          spans.push(span)
          return span
        }
      })
      const token = planted.personal ?? ""
      const work = Effect.fail(new TokenRefused({ words: `no ${token}` })).pipe(
        Effect.ensuring(Effect.annotateCurrentSpan({ header: `Bearer ${token}`, deep: { configured }, litres: 3 })),
        Effect.withSpan(`GET /?token=${token}`),
        Effect.exit
      )
      const layer = layerScrubTracer.pipe(
        Layer.provide(Layer.succeed(Tracer.Tracer, kept)),
        Layer.provide(layerSecretsToScrub([Redacted.make(configured)]))
      )
      const exit = yield* Effect.provide(work, layer)
      expect(Exit.isFailure(exit)).toBe(true)
      const [span] = spans
      expect(span?.attributes.get("litres")).toBe(3)
      const status = span?.status
      const cause = status?._tag === "Ended" && Exit.isFailure(status.exit) ? Cause.pretty(status.exit.cause) : ""
      expect(cause).toContain(`no ${scrubbed}`)
      const shown = [span?.name, ...(span?.attributes.values() ?? []), cause].join(" ")
      expect(shown).not.toContain(token)
      expect(shown).not.toContain("battery")
    })
  )
})
