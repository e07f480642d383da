import { describe, expect, it } from "@effect/vitest"
import { addressBucket } from "../src/http/addressBucket.ts"
import { bucketsMax, TokenBuckets } from "../src/http/TokenBuckets.ts"

const rate = { perSecond: 10, burst: 3 }

describe("TokenBuckets", () => {
  it("lets a burst through, then the rate, and says how long to wait", () => {
    const buckets = new TokenBuckets()
    expect([0, 0, 0, 0].map((at) => buckets.take("a", rate, at))).toEqual([0, 0, 0, 100])
    expect(buckets.take("a", rate, 60)).toBe(40)
    expect(buckets.take("a", rate, 100)).toBe(0)
    expect(buckets.take("a", rate, 100)).toBe(100)
  })

  it("counts each by itself, and saves up no more than a burst", () => {
    const buckets = new TokenBuckets()
    for (let at = 0; at < 3; at++) buckets.take("a", rate, 0)
    expect(buckets.take("b", rate, 0)).toBe(0)
    expect([0, 0, 0, 0].map(() => buckets.take("a", rate, 3_600_000))).toEqual([0, 0, 0, 100])
  })

  it("gives nothing for a clock that goes back", () => {
    const buckets = new TokenBuckets()
    for (let at = 0; at < 3; at++) buckets.take("a", rate, 10_000)
    expect(buckets.take("a", rate, 0)).toBe(100)
  })

  it("forgets who has not asked for longest, and nobody else", () => {
    const buckets = new TokenBuckets()
    for (let at = 0; at < 4; at++) buckets.take("first", rate, 0)
    for (let at = 0; at < bucketsMax - 1; at++) buckets.take(`other ${at}`, rate, 0)
    expect(buckets.take("first", rate, 0)).toBe(100)
    buckets.take("one more", rate, 0)
    expect(buckets.size).toBe(bucketsMax)
    expect(buckets.take("first", rate, 0)).toBe(100)
  })
})

describe("addressBucket", () => {
  it.each([
    ["192.0.2.7", "192.0.2.7"],
    ["::ffff:192.0.2.7", "192.0.2.7"],
    ["2001:db8:0:1:aaaa::1", "2001:db8:0:1::/64"],
    ["2001:db8::1:bbbb:0:0:2", "2001:db8:0:1::/64"],
    ["fe80::1%eth0", "fe80:0:0:0::/64"],
    ["127.0.0.1", null],
    ["::ffff:127.0.0.1", null],
    ["::1", null],
    ["", "unknown"]
  ])("counts %s by %s", (address, bucket) => {
    expect(addressBucket(address)).toBe(bucket)
  })
})
