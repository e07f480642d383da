import { execFile, spawnSync } from "node:child_process"
import { chmodSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs"
import { connect } from "node:net"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { Code, ConnectError, createClient } from "@connectrpc/connect"
import { createGrpcTransport } from "@connectrpc/connect-node"
import { describe, expect, it } from "@effect/vitest"
import { DateTime, Effect, Fiber, Redacted } from "effect"
import { type PushRequest, SourceService } from "../../src/gen/farmops/source/v1/source_pb.ts"
import { makePushSource } from "../../src/sources/push/PushSource.ts"
import { pushBytesMax } from "../../src/sources/push/readPush.ts"
import { dataOf, makeMemorySink, untilState, watch } from "./sinkFixture.ts"
import { temporaryFolder } from "./temporaryFolder.ts"

const optionsIn = (folder: string) => ({
  name: "tools",
  socket: join(folder, "run", "push.sock"),
  token_file: join(folder, "token"),
  source_types: ["ansible", "terraform"] as const,
  actor: "ops"
})

type Push = Partial<Pick<PushRequest, "sourceType" | "eventId" | "rawData" | "subject" | "actor">> & {
  readonly occurredAt?: { readonly seconds: bigint; readonly nanos: number }
}

const event = (changes: Push = {}): Push => ({
  sourceType: "ansible",
  eventId: "run 1",
  rawData: new TextEncoder().encode('{"changed":1}'),
  ...changes
})

/** Calls as a tool does; gives what it is told, or the code of the refusal. */
const clientOf = (socket: string, token: string) => {
  const client = createClient(
    SourceService,
    createGrpcTransport({ baseUrl: "http://agent", nodeOptions: { createConnection: () => connect(socket) } })
  )
  return (push: Push) =>
    Effect.promise(() =>
      client.push(push, { headers: { authorization: `Bearer ${token}` }, timeoutMs: 20_000 }).then(
        ({ already }) => (already ? "already" : "taken"),
        (error: unknown) => ConnectError.from(error)
      )
    ).pipe(Effect.map((answer) => (typeof answer === "string" ? answer : (Code[answer.code] ?? ""))))
}

const serving = Effect.gen(function* () {
  const folder = yield* temporaryFolder
  const options = optionsIn(folder)
  const source = yield* makePushSource(options)
  const token = readFileSync(options.token_file, "utf8").trim()
  return { folder, options, source, token, push: clientOf(options.socket, token) }
})

describe("the local push service", () => {
  it.live("makes its token in a folder that is not there yet, such as that of its socket", () =>
    Effect.gen(function* () {
      const folder = yield* temporaryFolder
      const options = { ...optionsIn(folder), token_file: join(folder, "run", "token") }
      const source = yield* makePushSource(options)
      expect(statSync(join(folder, "run")).mode & 0o777).toBe(0o700)
      yield* watch(source, yield* makeMemorySink())
      const push = clientOf(options.socket, readFileSync(options.token_file, "utf8").trim())
      expect(yield* push(event())).toBe("taken")
    })
  )

  it.live("takes what a tool pushes once, and says when it had it", () =>
    Effect.gen(function* () {
      const { push, source } = yield* serving
      const sink = yield* makeMemorySink()
      yield* watch(source, sink)
      const occurredAt = { seconds: 1_770_000_000n, nanos: 5_000_000 }
      expect(yield* push(event({ occurredAt, subject: "barn", actor: "Ann" }))).toBe("taken")
      expect(yield* push(event())).toBe("already")
      expect(yield* push(event({ sourceType: "terraform", subject: "barn" }))).toBe("taken")
      expect(sink.taken.map(dataOf)).toEqual([{ changed: 1 }, { changed: 1 }])
      expect(sink.taken[0]).toMatchObject({
        sourceType: "ansible",
        occurredAt: DateTime.makeUnsafe(1_770_000_000_005),
        subject: expect.stringMatching(/^[0-9a-f]{64}$/)
      })
      expect(sink.taken.map(({ actor }) => Redacted.value(actor.identifier))).toEqual(["ann", "ops"])
      // The same words of two tools are about two things.
      expect(sink.taken[0]?.subject).not.toBe(sink.taken[1]?.subject)
      expect(source.state.value.observations).toBe(2)
    })
  )

  it.live("tells one of two that push the same event at once that it was there", () =>
    Effect.gen(function* () {
      const { push, source } = yield* serving
      const sink = yield* makeMemorySink()
      // A store that takes a moment to answer.
      const has = (id: string) => Effect.tap(sink.has?.(id) ?? Effect.succeed(false), Effect.yieldNow)
      yield* watch(source, { ...sink, has })
      const answers = yield* Effect.all([push(event()), push(event()), push(event())], { concurrency: 3 })
      expect(answers.toSorted()).toEqual(["already", "already", "taken"])
    })
  )

  it.live("refuses what it should not take", () =>
    Effect.gen(function* () {
      const { options, push, source, token } = yield* serving
      const sink = yield* makeMemorySink()
      yield* watch(source, sink)
      const blank = (bytes: number) => new TextEncoder().encode(`"${" ".repeat(bytes - 2)}"`)
      const refusals: ReadonlyArray<readonly [string, Push]> = [
        ["InvalidArgument", event({ sourceType: "git" })],
        ["InvalidArgument", event({ eventId: "" })],
        ["InvalidArgument", event({ eventId: "x".repeat(129) })],
        ["InvalidArgument", event({ rawData: new TextEncoder().encode("{") })],
        ["InvalidArgument", event({ rawData: new Uint8Array() })],
        ["InvalidArgument", event({ subject: "x".repeat(257) })],
        ["InvalidArgument", event({ rawData: blank(pushBytesMax + 1) })],
        ["ResourceExhausted", event({ rawData: blank(pushBytesMax + 10_000) })]
      ]
      for (const [code, refused] of refusals) expect(yield* push(refused)).toBe(code)
      for (const guess of ["", "guess", `${token}x`]) {
        expect(yield* clientOf(options.socket, guess)(event())).toBe("Unauthenticated")
      }
      expect(sink.taken).toEqual([])
      expect(yield* push(event({ rawData: blank(pushBytesMax) }))).toBe("taken")
    })
  )

  it.live("dates no work into the future", () =>
    Effect.gen(function* () {
      const { push, source } = yield* serving
      const sink = yield* makeMemorySink()
      yield* watch(source, sink)
      for (const seconds of [9_999_999_999n, 2n ** 62n, -1n]) {
        yield* push(event({ eventId: `at ${seconds}`, occurredAt: { seconds, nanos: 0 } }))
      }
      expect(sink.taken.length).toBe(3)
      for (const { detectedAt, occurredAt } of sink.taken) expect(occurredAt).toEqual(detectedAt)
    })
  )

  it.live("asks to come again while there is no room, and does not take that event for seen", () =>
    Effect.gen(function* () {
      const { push, source } = yield* serving
      const sink = yield* makeMemorySink(0)
      yield* watch(source, sink)
      expect(yield* push(event())).toBe("Unavailable")
      yield* untilState(source, { phase: "paused" })
      yield* sink.resize(1)
      expect(yield* push(event())).toBe("taken")
    })
  )

  it.live("can be reached by nobody but its owner, and replaces a socket that nobody listens on", () =>
    Effect.gen(function* () {
      const { folder, options, push, source } = yield* serving
      const sink = yield* makeMemorySink()
      const fiber = yield* watch(source, sink)
      const modes = [options.socket, options.token_file, join(folder, "run")].map((path) => statSync(path).mode & 0o777)
      expect(modes).toEqual([0o600, 0o600, 0o700])
      yield* Fiber.interrupt(fiber)
      // What an agent leaves that was killed.
      const listenAndDie = `require("net").createServer().listen(process.argv[1], () => process.kill(process.pid, "SIGKILL"))`
      expect(spawnSync(process.execPath, ["-e", listenAndDie, options.socket]).signal).toBe("SIGKILL")
      expect(statSync(options.socket).isSocket()).toBe(true)
      yield* watch(yield* makePushSource(options), sink)
      expect(yield* push(event())).toBe("taken")
    })
  )

  it.live("starts only where the files around it are its owner's alone", () =>
    Effect.gen(function* () {
      const folder = yield* temporaryFolder
      const options = optionsIn(folder)
      const sink = yield* makeMemorySink()
      const attempt = (changes: Partial<typeof options> = {}) =>
        Effect.flip(Effect.flatMap(makePushSource({ ...options, ...changes }), (source) => source.run(sink))).pipe(
          Effect.map(({ reason }) => reason)
        )
      writeFileSync(options.token_file, "a token of sixteen", { mode: 0o644 })
      chmodSync(options.token_file, 0o644)
      expect(yield* attempt()).toContain("0600")
      chmodSync(options.token_file, 0o600)
      writeFileSync(options.token_file, "short")
      expect(yield* attempt()).toContain("less than 16")
      rmSync(options.token_file)
      mkdirSync(join(folder, "run"), { mode: 0o755 })
      chmodSync(join(folder, "run"), 0o755)
      expect(yield* attempt()).toContain("0700")
      chmodSync(join(folder, "run"), 0o700)
      writeFileSync(options.socket, "")
      expect(yield* attempt()).toContain("no socket")
      rmSync(options.socket)
      yield* watch(yield* makePushSource(options), sink)
      expect(yield* attempt()).toContain("another program")
      expect(yield* attempt({ socket: "push.sock" })).toContain("absolute")
    })
  )
})

const python = "/usr/bin/python3"
const hasGrpc = spawnSync(python, ["-c", "import grpc"]).status === 0
if (!hasGrpc) console.warn("Python's gRPC is missing; install it with: apt-get install -y python3-grpcio")

describe.skipIf(!hasGrpc)("the local push service, called from Python", () => {
  it.live("answers as it does to anybody", () =>
    Effect.gen(function* () {
      const { options, source, token } = yield* serving
      const sink = yield* makeMemorySink()
      yield* watch(source, sink)
      const script = fileURLToPath(new URL("pushEvent.py", import.meta.url))
      const push = (given: string, type: string) =>
        Effect.callback<string>((resume) => {
          const args = [script, options.socket, given, type, "run 1", `{"host":"${"x".repeat(300)}"}`]
          execFile(python, args, (_, stdout) => resume(Effect.succeed(stdout.trim())))
        })
      expect(yield* push(token, "ansible")).toBe("taken")
      expect(yield* push(token, "ansible")).toBe("already")
      expect(yield* push("guess", "ansible")).toBe("UNAUTHENTICATED")
      expect(yield* push(token, "git")).toBe("INVALID_ARGUMENT")
      expect(dataOf(sink.taken[0])).toEqual({ host: "x".repeat(300) })
      expect(sink.taken.map(({ actor }) => Redacted.value(actor.identifier))).toEqual(["ansible@barn"])
    })
  )
})
