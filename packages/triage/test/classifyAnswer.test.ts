import { assert, describe, it } from "@effect/vitest"
import { type Answer, classifyAnswer } from "../src/github/classifyAnswer.ts"

const now = Date.parse("2026-01-31T12:00:00Z")
const seconds = now / 1000
const answer = (status: number, headers: Answer["headers"] = {}, message = ""): Answer => ({
  status,
  headers,
  data: { message }
})
const classify = (status: number, headers: Answer["headers"] = {}, message = "", inARow = 0) =>
  classifyAnswer(answer(status, headers, message), now, inARow)

describe("classifyAnswer", () => {
  it("has nothing against a success and against what has not changed", () => {
    for (const status of [200, 201, 204, 304]) assert.isNull(classify(status))
  })

  it("tells a token that is not taken from a thing that is not allowed", () => {
    assert.deepStrictEqual(classify(401), { _tag: "TokenRefused" })
    assert.deepStrictEqual(classify(403, {}, "Resource not accessible by personal access token"), {
      _tag: "Refused",
      status: 403,
      detail: "Resource not accessible by personal access token"
    })
  })

  it("waits as long as GitHub says, whatever else an answer says", () => {
    for (const status of [403, 429])
      assert.deepStrictEqual(classify(status, { "retry-after": "30", "x-ratelimit-remaining": "0" }), {
        _tag: "RateLimited",
        kind: "secondary",
        retryAfterMs: 30_000
      })
  })

  it("waits for the primary limit by GitHub's clock, and not by a wrong one of ours", () => {
    const reset = { "x-ratelimit-remaining": "0", "x-ratelimit-reset": String(seconds + 600) }
    assert.deepInclude(classify(403, reset), { kind: "primary", retryAfterMs: 601_000 })
    const theirs = { ...reset, date: new Date(now + 540_000).toUTCString() }
    assert.deepInclude(classify(403, theirs), { kind: "primary", retryAfterMs: 61_000 })
  })

  it("waits for a minute at least where no time is named, and longer each time, up to a quarter of an hour", () => {
    const waits = [0, 1, 2, 3, 4, 50].map((inARow) =>
      classify(403, {}, "You have exceeded a secondary rate limit", inARow)
    )
    assert.deepStrictEqual(
      waits.map((trouble) => (trouble?._tag === "RateLimited" ? trouble.retryAfterMs / 1000 : null)),
      [60, 120, 240, 480, 900, 900]
    )
    assert.deepInclude(classify(429), { _tag: "RateLimited", retryAfterMs: 60_000 })
  })

  it("waits an hour and a little at most, and never for nothing", () => {
    assert.deepInclude(classify(429, { "retry-after": "999999999" }), { retryAfterMs: 65 * 60_000 })
    assert.deepInclude(classify(429, { "retry-after": "0" }), { retryAfterMs: 1000 })
    const past = { "x-ratelimit-remaining": "0", "x-ratelimit-reset": "1" }
    assert.deepInclude(classify(403, past), { retryAfterMs: 1000 })
  })

  it("takes other refusals as definite, with GitHub's words tamed", () => {
    for (const status of [400, 404, 410, 422, 451]) assert.deepInclude(classify(status), { _tag: "Refused", status })
    const rude = classify(422, {}, `\u001b[31mno\u202e ${"x".repeat(500)}`)
    assert.isTrue(rude?._tag === "Refused" && /^ \[31mno {2}x+$/.test(rude.detail) && rude.detail.length === 200)
    assert.deepInclude(classifyAnswer({ status: 404, headers: {}, data: "" }, now, 0), { _tag: "Refused" })
  })

  it("takes a redirect as a refusal", () => {
    assert.deepInclude(classify(301), { _tag: "Refused", status: 301 })
    assert.deepInclude(classify(307), { _tag: "Refused", status: 307 })
  })

  it("does not know what became of a request after a server's error or a time-out", () => {
    for (const status of [500, 502, 503, 504])
      assert.deepStrictEqual(classify(status), { _tag: "NoClearAnswer", reason: "server_error" })
    assert.deepStrictEqual(classify(408), { _tag: "NoClearAnswer", reason: "timed_out" })
  })
})
