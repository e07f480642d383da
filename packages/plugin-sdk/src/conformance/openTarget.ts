/** The plugin under test: a program that is started as an agent starts it, or a socket on which one listens already. */
import type { ChildProcess } from "node:child_process"
import { randomBytes } from "node:crypto"
import { existsSync, mkdtempSync, rmSync, statSync } from "node:fs"
import { connect } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { createClient } from "@connectrpc/connect"
import { startProcess } from "@farmops/core/process/startProcess"
import { Effect, Exit, Redacted, Schema, Scope } from "effect"
import { socketVariable, tokenVariable } from "../contract/environment.ts"
import { messageBytesMax } from "../contract/Observation.ts"
import { FarmPlugin } from "../gen/farmops/plugin/v1/plugin_pb.ts"
import { makePluginSession } from "../runtime/client/pluginSession.ts"
import { makePluginTransport } from "../runtime/client/pluginTransport.ts"
import { childEnded, hasEnded } from "../runtime/launch/pluginChild.ts"
import { defaultUnitLimits } from "../runtime/PluginManifest.ts"

/** What to test. A socket's token is null where its plugin expects none. */
export type TargetSpec =
  | { readonly _tag: "Program"; readonly command: string; readonly args: ReadonlyArray<string> }
  | { readonly _tag: "Socket"; readonly path: string; readonly token: string | null }

/** It cannot be asked at all; `reason` may quote the program's last words. */
export class TargetNotReady extends Schema.TaggedError<TargetNotReady>()("TargetNotReady", {
  reason: Schema.String
}) {
  override get message() {
    return this.reason
  }
}

/** One run of it. */
export interface Target {
  readonly socket: string
  readonly token: string
  /** Null where we did not start it. */
  readonly child: ChildProcess | null
  readonly client: ReturnType<typeof makeClient>["client"]
  readonly session: ReturnType<typeof makePluginSession>
  readonly hasEnded: () => boolean
  /** Ends it, whatever it does. */
  readonly close: Effect.Effect<void>
}

/** How long a program may take until it listens: what it has in an agent. */
export const { readyMsMax } = defaultUnitLimits
const socketPollMs = 10
// The last words of a program that did not start, or crashed.
const wordsMax = 2_000

// An agent never sends more than a message may have; here it must be possible.
const writeMaxBytes = 2 * messageBytesMax

/** Unary calls with this token; none where it is empty. */
export const makeClient = (socket: string, token: string) => {
  const authorization = token === "" ? null : `Bearer ${token}`
  const { close, transport } = makePluginTransport(socket, () => authorization, writeMaxBytes)
  return { client: createClient(FarmPlugin, transport), close }
}

const clientsOf = (socket: string, token: string) => {
  const { client, close } = makeClient(socket, token)
  const session = makePluginSession(socket, Redacted.make(token))
  return {
    client,
    session,
    closeClients: Effect.sync(() => {
      session.close()
      close()
    })
  }
}

const isSocket = (path: string) => existsSync(path) && statSync(path).isSocket()

// The file is there a moment before anybody listens.
const accepts = (path: string) =>
  Effect.callback<boolean>((resume) => {
    const probe = connect(path)
    const answer = (accepted: boolean) => {
      probe.destroy()
      resume(Effect.succeed(accepted))
    }
    probe.once("connect", () => answer(true)).once("error", () => answer(false))
    return Effect.sync(() => probe.destroy())
  })

const openSocket = Effect.fnUntraced(function* (path: string, token: string) {
  if (!isSocket(path)) return yield* new TargetNotReady({ reason: `${path} is no socket` })
  const { client, closeClients, session } = clientsOf(path, token)
  const target: Target = {
    socket: path,
    token,
    child: null,
    client,
    session,
    hasEnded: () => !isSocket(path),
    close: closeClients
  }
  return target
})

// Read, so that the program never waits for a reader, and kept only in part.
const lastWords = (child: ChildProcess): (() => string) => {
  let words = ""
  child.stdout?.on("error", () => undefined).resume()
  child.stderr
    ?.on("error", () => undefined)
    .on("data", (piece: Buffer) => {
      words = (words + piece.toString("utf8")).slice(-wordsMax)
    })
  return () => (words.trim() === "" ? "" : `; its last words: ${words.trim()}`)
}

const startProgram = (command: string, args: ReadonlyArray<string>) =>
  Effect.uninterruptibleMask((restore) =>
    Effect.gen(function* () {
      const scope = yield* Scope.make()
      // mkdtemp makes it 0700, as an agent's is.
      const folder = mkdtempSync(join(tmpdir(), "farmops-conformance-"))
      yield* Scope.addFinalizer(
        scope,
        Effect.sync(() => rmSync(folder, { recursive: true, force: true }))
      )
      const socket = join(folder, "plugin.sock")
      const token = randomBytes(32).toString("hex")
      const env = { HOME: folder, [socketVariable]: socket, [tokenVariable]: token }
      const start = Effect.gen(function* () {
        const child = yield* Scope.provide(
          startProcess(command, args, { cwd: process.cwd(), env, stdin: true }),
          scope
        ).pipe(Effect.mapError((error) => new TargetNotReady({ reason: error.message })))
        child.on("error", () => undefined)
        child.stdin?.on("error", () => undefined)
        const words = lastWords(child)
        const listens = Effect.gen(function* () {
          while (!(isSocket(socket) && (yield* accepts(socket)))) yield* Effect.sleep(socketPollMs)
        })
        const over = Effect.flatMap(childEnded(child), (reason) =>
          Effect.fail(new TargetNotReady({ reason: `${reason}${words()}` }))
        )
        yield* listens.pipe(
          Effect.raceFirst(over),
          Effect.timeoutOrElse({
            duration: readyMsMax,
            orElse: () =>
              Effect.fail(new TargetNotReady({ reason: `no socket within ${readyMsMax / 1000} s${words()}` }))
          })
        )
        return child
      })
      const child = yield* restore(start).pipe(Effect.onError((cause) => Scope.close(scope, Exit.failCause(cause))))
      const { client, closeClients, session } = clientsOf(socket, token)
      const target: Target = {
        socket,
        token,
        child,
        client,
        session,
        hasEnded: () => hasEnded(child),
        close: Effect.andThen(closeClients, Scope.close(scope, Exit.void))
      }
      return target
    })
  )

/** Starts the program and waits until it listens, or opens the socket. */
export const openTarget = (spec: TargetSpec): Effect.Effect<Target, TargetNotReady> =>
  spec._tag === "Socket" ? openSocket(spec.path, spec.token ?? "") : startProgram(spec.command, spec.args)
