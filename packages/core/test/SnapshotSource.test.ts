import { describe, expect, it } from "@effect/vitest"
import * as Ed25519Node from "@farmops/proof/Ed25519Node"
import { Effect, Fiber } from "effect"
import { TestClock } from "effect/testing"
import { isPublicAddress } from "../src/village/publicAddress.ts"
import { parseTrackerUrl } from "../src/village/Registration.ts"
import { pullTimeoutMs, SnapshotSource, snapshotBytesMax } from "../src/village/SnapshotSource.ts"
import { startStandIn } from "./standInTracker.ts"

const pull = (url: string, allowPrivateAddresses = true) =>
  Effect.flatMap(SnapshotSource, (source) => source.pull(url)).pipe(
    Effect.match({ onFailure: ({ reason }) => reason, onSuccess: (text) => `text: ${text}` }),
    Effect.provide(SnapshotSource.layer({ allowPrivateAddresses }))
  )

const standIn = Effect.provide(startStandIn, Ed25519Node.layer)

describe("the way to a tracker's snapshot", () => {
  it.effect("asks for one path below the tracker's address and for nothing else", () =>
    Effect.gen(function* () {
      const tracker = yield* standIn
      tracker.answers((_request, response) => response.end("hello"))
      expect(yield* pull(tracker.url)).toBe("text: hello")
      expect(yield* pull(`${tracker.url}/farm/`)).toBe("text: hello")
      expect(tracker.paths).toEqual(["/api/v1/public/snapshot", "/farm/api/v1/public/snapshot"])
    })
  )

  it.effect("asks for the farm's keys in the same way, when it is told to", () =>
    Effect.gen(function* () {
      const tracker = yield* standIn
      tracker.answers((_request, response) => response.end("hello"))
      const ask = (allowPrivateAddresses: boolean) =>
        Effect.flatMap(SnapshotSource, (source) => source.pullKeys(tracker.url)).pipe(
          Effect.match({ onFailure: ({ reason }) => reason, onSuccess: (text) => `text: ${text}` }),
          Effect.provide(SnapshotSource.layer({ allowPrivateAddresses }))
        )
      expect([yield* ask(true), yield* ask(false)]).toEqual(["text: hello", "address_refused"])
      expect(tracker.paths).toEqual(["/api/v1/public/keys"])
    })
  )

  it.effect("follows no redirect", () =>
    Effect.gen(function* () {
      const tracker = yield* standIn
      tracker.answers((_request, response) => response.writeHead(302, { location: "/elsewhere" }).end())
      expect(yield* pull(tracker.url)).toBe("redirected")
      expect(tracker.paths).toHaveLength(1)
    })
  )

  it.effect("takes no answer over its limit, announced or not", () =>
    Effect.gen(function* () {
      const tracker = yield* standIn
      tracker.answers((_request, response) => response.end("x".repeat(snapshotBytesMax)))
      expect(yield* pull(tracker.url)).toHaveLength("text: ".length + snapshotBytesMax)
      tracker.answers((_request, response) => {
        response.write("x".repeat(snapshotBytesMax))
        response.end("x")
      })
      expect(yield* pull(tracker.url)).toBe("too_large")
    })
  )

  it.effect("waits no longer than its limit, and hangs up then", () =>
    Effect.gen(function* () {
      const tracker = yield* standIn
      const left = new Promise<void>((resolve) => tracker.answers((request) => request.on("close", resolve)))
      const fiber = yield* Effect.forkChild(pull(tracker.url))
      yield* tracker.asked
      yield* TestClock.adjust(pullTimeoutMs)
      expect(yield* Fiber.join(fiber)).toBe("timed_out")
      yield* Effect.promise(() => left)
    })
  )

  it.effect("tells a tracker that is away from one that answers badly or breaks off", () =>
    Effect.gen(function* () {
      const tracker = yield* standIn
      expect(yield* pull(tracker.url)).toBe("bad_status")
      tracker.answers((_request, response) => {
        response.writeHead(200, { "content-length": "100" })
        response.write("half")
        setImmediate(() => response.destroy())
      })
      expect(yield* pull(tracker.url)).toBe("unreachable")
      const gone = yield* Effect.scoped(standIn)
      expect(yield* pull(gone.url)).toBe("unreachable")
    })
  )

  it.effect("never calls this machine or a private network when strangers may name the address", () =>
    Effect.gen(function* () {
      const tracker = yield* standIn
      tracker.answers((_request, response) => response.end("secret"))
      for (const host of [
        "127.0.0.1",
        "localhost",
        "2130706433",
        "0x7f.1",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "0.0.0.0",
        "10.0.0.1"
      ]) {
        expect([host, yield* pull(`http://${host}:${tracker.port}`, false)]).toEqual([host, "address_refused"])
      }
      expect(tracker.paths).toEqual([])
    })
  )
})

describe("an address", () => {
  it.each(["8.8.8.8", "1.1.1.1", "172.15.255.255", "172.32.0.0", "2606:4700:4700::1111", "2a00:1450:4001:800::200e"])(
    "is public: %s",
    (address) => {
      expect(isPublicAddress(address)).toBe(true)
    }
  )

  it.each([
    "0.0.0.0",
    "10.1.2.3",
    "100.64.0.1",
    "127.0.0.1",
    "127.255.255.255",
    "169.254.169.254",
    "172.16.0.1",
    "172.31.255.255",
    "192.168.1.1",
    "198.18.0.1",
    "203.0.113.9",
    "224.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::ffff:127.0.0.1",
    "::ffff:8.8.8.8",
    "64:ff9b::7f00:1",
    "2001::1",
    "2001:db8::1",
    "2002:7f00:1::",
    "fc00::1",
    "fd12:3456::1",
    "fe80::1",
    "ff02::1",
    "",
    "localhost",
    "8.8.8.8.8"
  ])("is not public: %s", (address) => {
    expect(isPublicAddress(address)).toBe(false)
  })
})

describe("a tracker's address", () => {
  it.each([
    ["http://farm.example", "http://farm.example/"],
    ["https://farm.example:8443/", "https://farm.example:8443/"],
    ["https://farm.example/deep//", "https://farm.example/deep"]
  ])("is taken: %s", (text, kept) => {
    expect(parseTrackerUrl(text)?.href).toBe(kept)
  })

  it.each([
    "",
    "farm.example",
    "ftp://farm.example",
    "file:///etc/passwd",
    "javascript:alert(1)",
    "http://user@farm.example",
    "http://user:secret@farm.example",
    "http://:secret@farm.example",
    "http://farm.example/?next=1",
    "http://farm.example/#part",
    `http://farm.example/${"x".repeat(512)}`
  ])("is refused: %s", (text) => {
    expect(parseTrackerUrl(text)).toBe(null)
  })
})
