import { createHmac } from "node:crypto"
import { existsSync, readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { describe, expect, it } from "@effect/vitest"
import { DateTime, Redacted } from "effect"
import { checkSignature } from "../../src/sources/webhook/checkSignature.ts"
import { type Headers, readDelivery } from "../../src/sources/webhook/readDelivery.ts"
import type { WebhookOptions } from "../../src/sources/webhook/WebhookOptions.ts"
import { dataOf } from "./sinkFixture.ts"

const now = Date.parse("2030-01-01T00:00:00Z")
const secrets = [Redacted.make("old secret"), Redacted.make("new secret")] as const
const github = { name: "forge", sender: "github", secrets } satisfies WebhookOptions & { name: string }
const gitea = { ...github, sender: "gitea" } satisfies WebhookOptions & { name: string }
const plain = {
  ...github,
  sender: "webhook",
  signature_header: "X-Signature",
  signature_prefix: "v1=",
  event_header: "X-Event",
  actor: "deploys"
} satisfies WebhookOptions & { name: string }

const bytes = (value: unknown) => new TextEncoder().encode(typeof value === "string" ? value : JSON.stringify(value))
const sign = (body: Uint8Array, secret = "old secret") => createHmac("sha256", secret).update(body).digest("hex")
const fromGithub = (event: string, body: Uint8Array, secret?: string): Headers => ({
  "x-hub-signature-256": `sha256=${sign(body, secret)}`,
  "x-github-event": event,
  "x-github-delivery": "72d3162e-cc78-11e3-81ab-4c9367dc0958"
})
const read = (
  options: Parameters<typeof readDelivery>[0],
  headers: Headers,
  body: Uint8Array,
  mediaType = "application/json"
) => {
  const reading = readDelivery(options, mediaType, headers, body, now)
  return reading.tag === "delivery" ? reading.observation : reading
}

const review = bytes({
  action: "submitted",
  review: { id: 1, submitted_at: "2026-02-03T10:00:00Z" },
  pull_request: { number: 7, updated_at: "2026-02-03T11:00:00Z" },
  repository: { id: 42, html_url: "https://github.com/barn/field" },
  sender: { login: "Ann", type: "User", html_url: "https://github.com/Ann" }
})

describe("a delivery", () => {
  it("is read with either secret, and says who, when and about what", () => {
    const one = read(github, fromGithub("pull_request_review", review), review)
    expect(read(github, fromGithub("pull_request_review", review, "new secret"), review)).toEqual(one)
    expect(one).toMatchObject({
      sourceType: "github",
      occurredAt: DateTime.makeUnsafe("2026-02-03T10:00:00Z"),
      detectedAt: DateTime.makeUnsafe(now),
      subject: expect.stringMatching(/^[0-9a-f]{64}$/),
      actor: { type: "human" }
    })
    if ("tag" in one) throw new Error("refused")
    expect(Redacted.value(one.actor.identifier)).toBe("ann@github.com")
    expect(dataOf(one)).toEqual({
      kind: "webhook",
      event: "pull_request_review",
      payload: JSON.parse(new TextDecoder().decode(review))
    })
  })

  it.each([
    ["another secret", fromGithub("push", review, "third secret"), review],
    ["no signature", { "x-github-event": "push" }, review],
    ["a changed byte", fromGithub("push", review), Buffer.from(review).fill(0x20, 0, 1)],
    ["a signature in capitals", { "x-hub-signature-256": `sha256=${sign(review).toUpperCase()}` }, review],
    ["a signature without its prefix", { "x-hub-signature-256": sign(review) }, review],
    ["half of a signature", { "x-hub-signature-256": `sha256=${sign(review).slice(0, 32)}` }, review]
  ])("is refused with %s", (_, headers, body) => {
    expect(read(github, headers, body)).toEqual({ tag: "refused", code: "bad_signature" })
  })

  it("has an id of what was signed, so that no new delivery id makes it another", () => {
    const first = read(github, fromGithub("pull_request_review", review), review)
    const again = read(github, { ...fromGithub("pull_request_review", review), "x-github-delivery": "another" }, review)
    const other = bytes({ action: "submitted" })
    expect(again).toEqual(first)
    expect(read(github, fromGithub("pull_request_review", other), other)).not.toMatchObject({
      observationId: "tag" in first ? "" : first.observationId
    })
  })

  it("has the subject of its pull request, whichever event tells of it", () => {
    const comment = bytes({
      issue: { number: 7, pull_request: { url: "https://api.github.com/x" } },
      repository: { id: 42, html_url: "https://github.com/barn/field" }
    })
    const elsewhere = bytes({
      pull_request: { number: 7 },
      repository: { id: 42, html_url: "https://git.example.org/barn/field" }
    })
    const subject = (event: string, body: Uint8Array) => {
      const found = read(github, fromGithub(event, body), body)
      return "tag" in found ? undefined : found.subject
    }
    expect(subject("issue_comment", comment)).toBe(subject("pull_request_review", review))
    expect(subject("pull_request", elsewhere)).not.toBe(subject("pull_request_review", review))
    const plainIssue = bytes({ issue: { number: 7 }, repository: { id: 42 } })
    expect(subject("issues", plainIssue)).toBeNull()
    const run = bytes({ workflow_run: { workflow_id: 3, head_branch: "main" }, repository: { id: 42 } })
    expect(subject("workflow_run", run)).toMatch(/^[0-9a-f]{64}$/)
    expect(subject("workflow_job", run)).toBeNull()
  })

  it.each([
    [{ login: "dependabot[bot]", type: "Bot" }, "bot"],
    [{ login: "helper", type: "Bot" }, "bot"],
    [{ login: "gitea[bot]" }, "bot"],
    [{ login: "Deploys" }, "bot"],
    [{ login: "ann", type: "User" }, "human"],
    [{ username: "ann" }, "human"],
    [undefined, "system"],
    ["ann", "system"]
  ])("tells machines from people: %j is a %s", (sender, type) => {
    const body = bytes({ sender })
    expect(read({ ...github, bots: ["deploys"] }, fromGithub("push", body), body)).toMatchObject({ actor: { type } })
  })

  it("dates no work into the future, nor anything before 1970", () => {
    const [late, old] = [
      bytes({ pull_request: { updated_at: "2031-01-01T00:00:00Z" } }),
      bytes({ issue: { closed_at: "1066-01-01T00:00:00Z" } })
    ]
    expect(read(github, fromGithub("pull_request", late), late)).toMatchObject({ occurredAt: DateTime.makeUnsafe(now) })
    expect(read(github, fromGithub("issues", old), old)).toMatchObject({ occurredAt: DateTime.makeUnsafe(0) })
  })

  it("is answered and dropped when it is a ping, or an event that is not on the list", () => {
    const body = bytes("{}")
    expect(read(github, fromGithub("ping", body), body)).toEqual({ tag: "pong" })
    expect(read({ ...github, events: ["pull_request"] }, fromGithub("push", body), body)).toEqual({ tag: "ignored" })
    // But not for somebody who cannot sign.
    expect(read(github, fromGithub("ping", body, "guess"), body)).toEqual({ tag: "refused", code: "bad_signature" })
  })

  it("is read from a form's payload", () => {
    const form = bytes(`payload=${encodeURIComponent('{"zen":"Ü & %"}')}`)
    const found = read(github, fromGithub("push", form), form, "application/x-www-form-urlencoded")
    expect("tag" in found ? found : dataOf(found)).toMatchObject({ payload: { zen: "Ü & %" } })
    const empty = bytes("other=1")
    expect(read(github, fromGithub("push", empty), empty, "application/x-www-form-urlencoded")).toMatchObject({
      code: "bad_body"
    })
  })

  it.each([["{"], [""], ['{"a":1}x'], [Buffer.from([0x22, 0xff, 0x22])]])(
    "is refused when it is no JSON: %j",
    (text) => {
      const body = typeof text === "string" ? bytes(text) : text
      expect(read(github, fromGithub("push", body), body)).toEqual({ tag: "refused", code: "bad_body" })
    }
  )

  it("may be any JSON, however deep", () => {
    for (const text of ["null", "[]", "1", '{"sender":null,"repository":[]}', '{"__proto__":{"sender":1}}']) {
      const body = bytes(text)
      expect(read(github, fromGithub("push", body), body)).toMatchObject({ subject: null })
    }
    const deep = bytes("[".repeat(100_000) + "]".repeat(100_000))
    expect(read(github, fromGithub("push", deep), deep)).toMatchObject({ sourceType: "github" })
  })

  it("comes from Gitea and from others in their own headers", () => {
    const body = bytes({
      review: { type: "pull_request_review_approved" },
      pull_request: { number: 3, updated_at: "2026-01-01T00:00:00Z" },
      repository: { id: 9, html_url: "http://git.lan:3000/a/b" },
      sender: { login: "bea" }
    })
    const found = read(gitea, { "x-gitea-signature": sign(body), "x-gitea-event": "pull_request_approved" }, body)
    expect(found).toMatchObject({ sourceType: "gitea", occurredAt: DateTime.makeUnsafe("2026-01-01T00:00:00Z") })
    expect("tag" in found ? null : Redacted.value(found.actor.identifier)).toBe("bea@git.lan:3000")
    const other = read(plain, { "x-signature": `v1=${sign(body)}`, "x-event": "done" }, body)
    expect(other).toMatchObject({ sourceType: "webhook", subject: null, occurredAt: DateTime.makeUnsafe(now) })
    expect("tag" in other ? null : Redacted.value(other.actor.identifier)).toBe("deploys")
  })
})

const examplesFolder = fileURLToPath(
  new URL("../../../../tests/parts/webhooks/node_modules/@octokit/webhooks-examples/api.github.com/", import.meta.url)
)
const hasExamples = existsSync(examplesFolder)
if (!hasExamples) {
  console.warn("GitHub's recorded deliveries are missing; install them with: npm ci --prefix tests/parts/webhooks")
}

describe.skipIf(!hasExamples)("GitHub's recorded deliveries", () => {
  const load = () =>
    JSON.parse(readFileSync(`${examplesFolder}index.json`, "utf8")) as ReadonlyArray<{
      readonly name: string
      readonly examples: ReadonlyArray<{ readonly sender?: { readonly login: string } }>
    }>

  it("are all read: each its own observation, with its sender as the actor", () => {
    const [ids, texts] = [new Set<string>(), new Set<string>()]
    const counts = { payloads: 0, subjects: 0, timed: 0, bots: 0 }
    for (const { examples, name } of load().filter(({ name }) => name !== "ping")) {
      for (const payload of examples) {
        const body = bytes(payload)
        const found = read(github, fromGithub(name, body), body)
        if ("tag" in found) throw new Error(`${name}: ${JSON.stringify(found)}`)
        expect(dataOf(found)).toEqual({ kind: "webhook", event: name, payload })
        expect(found.actor.type === "system").toBe(payload.sender === undefined)
        if (payload.sender !== undefined) {
          expect(Redacted.value(found.actor.identifier).split("@")[0]).toBe(payload.sender.login.toLowerCase())
        }
        ids.add(found.observationId)
        texts.add(JSON.stringify(payload))
        counts.payloads++
        if (found.subject !== null) counts.subjects++
        if (found.occurredAt.epochMilliseconds !== now) counts.timed++
        if (found.actor.type === "bot") counts.bots++
      }
    }
    // Some are recorded more than once, byte for byte.
    expect(ids.size).toBe(texts.size)
    expect(counts).toEqual({ payloads: 325, subjects: 50, timed: 167, bots: 3 })
  })
})

const vectorsFolder =
  process.env.FARMOPS_SHARED_DATA ?? fileURLToPath(new URL("../../../../../shared/data", import.meta.url))
const hasVectors = existsSync(`${vectorsFolder}/webhooks`)
if (!hasVectors) {
  console.warn("Published HMAC vectors are missing; set FARMOPS_SHARED_DATA to the folder that holds webhooks/")
}

describe.skipIf(!hasVectors)("published HMAC vectors", () => {
  const load = (name: string) => JSON.parse(readFileSync(`${vectorsFolder}/webhooks/${name}`, "utf8"))

  it("agree with GitHub's own", () => {
    const { payload, secret, "x-hub-signature-256": signature } = load("hmac-docs-vector.json")
    expect(checkSignature(bytes(payload), signature, [secret], "sha256=")).toBe(true)
    expect(checkSignature(bytes(`${payload} `), signature, [secret], "sha256=")).toBe(false)
  })

  it("agree with RFC 4231", () => {
    const vectors: ReadonlyArray<Record<string, string>> = load("rfc4231-sha256.json")
    for (const { data_hex = "", hmac_sha256, key_hex = "" } of vectors) {
      const [data, key] = [Buffer.from(data_hex, "hex"), Buffer.from(key_hex, "hex")]
      expect(checkSignature(data, hmac_sha256, [key], "")).toBe(true)
      expect(checkSignature(data, hmac_sha256, [Buffer.concat([key, key])], "")).toBe(false)
    }
    expect(vectors.length).toBeGreaterThan(5)
  })
})
