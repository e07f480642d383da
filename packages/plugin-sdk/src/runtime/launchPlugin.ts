/** One process of a plugin, from start to ready. It ends with its scope: SIGTERM first, and the whole group killed if it does not listen. */
import type { ChildProcess } from "node:child_process"
import { randomBytes } from "node:crypto"
import { existsSync } from "node:fs"
import { join } from "node:path"
import type { Readable } from "node:stream"
import { Code } from "@connectrpc/connect"
import { killGroup, startProcess } from "@farmops/core/process/startProcess"
import { Effect, Redacted, Schema, type Scope, Stream } from "effect"
import { decodeDescription } from "../contract/decode.ts"
import { socketVariable, tokenVariable } from "../contract/environment.ts"
import type { PluginDescription } from "../contract/Verdict.ts"
import { makePluginClient, type PluginClient } from "./pluginClient.ts"

/** How a plugin is started. Besides `env` it gets PATH, a HOME of its own, LANG, its socket and its token. */
export interface PluginSpec {
  /** The id that the plugin must describe itself with. */
  readonly id: string
  readonly command: string
  readonly args: ReadonlyArray<string>
  readonly env?: Readonly<Record<string, string>>
}

/** The plugin did not become ready: `describe` within the time, in the contract's words, with the id that was expected. */
export class PluginNotReady extends Schema.TaggedError<PluginNotReady>()("PluginNotReady", {
  plugin: Schema.String,
  reason: Schema.String
}) {
  override get message() {
    return `plugin ${this.plugin} did not start: ${this.reason}`
  }
}

/** A process that is ready for calls. */
export interface LivePlugin {
  readonly child: ChildProcess
  readonly client: PluginClient
  readonly description: PluginDescription
}

/** How long a plugin may take. */
export interface PluginLimits {
  /** To its first answer. Node itself needs about 0.2 s; a busy machine ten times that. */
  readonly readyMsMax: number
  /** For one verdict: it is a function of one message. */
  readonly callMsMax: number
  /** To end after SIGTERM. */
  readonly stopMsMax: number
  /** Starts within a minute after the first one. More is broken, and starting it for ever would hide that. */
  readonly restartsPerMinuteMax: number
}

/** The limits of every plugin that has no reason for others. */
export const defaultLimits: PluginLimits = {
  readyMsMax: 10_000,
  callMsMax: 5_000,
  stopMsMax: 2_000,
  restartsPerMinuteMax: 5
}

const socketPollMs = 10
// Long enough for a line that a person wrote; a dump of raw data is cut.
const logLineMax = 2_000

/** Whether the process is gone. */
export const hasEnded = (child: ChildProcess): boolean => child.exitCode !== null || child.signalCode !== null

const ended = (child: ChildProcess) =>
  Effect.callback<string>((resume) => {
    const onExit = () => resume(Effect.succeed(`it ended with status ${child.exitCode ?? child.signalCode}`))
    if (hasEnded(child)) return onExit()
    const onError = (error: NodeJS.ErrnoException) =>
      resume(Effect.succeed(error.code === "ENOENT" ? "its program was not found" : "its program cannot be run"))
    child.once("exit", onExit).once("error", onError)
    return Effect.sync(() => child.off("exit", onExit).off("error", onError))
  })

// Waits for the end in every case: whoever closes the scope may count on the process being gone.
const stop = (child: ChildProcess, stopMsMax: number) =>
  Effect.suspend(() => {
    if (hasEnded(child) || child.pid === undefined) return Effect.void
    child.kill("SIGTERM")
    const kill = Effect.andThen(
      Effect.sync(() => killGroup(child)),
      ended(child)
    )
    return ended(child).pipe(Effect.timeoutOrElse({ duration: stopMsMax, orElse: () => kill }), Effect.asVoid)
  })

// What a plugin prints may hold raw data, so it is for the debug level only, and never whole.
const logOutput = (plugin: string, stream: "stdout" | "stderr", output: Readable) =>
  Stream.fromAsyncIterable<Uint8Array, unknown>(output, (cause) => cause).pipe(
    Stream.decodeText,
    Stream.runForEach((text) =>
      Effect.forEach(
        text.split("\n").filter((line) => line !== ""),
        (line) => Effect.logDebug(line.slice(0, logLineMax)),
        { discard: true }
      )
    ),
    Effect.ignore,
    Effect.annotateLogs({ plugin, stream })
  )

const awaitDescription = Effect.fnUntraced(function* (socket: string, client: PluginClient, readyMsMax: number) {
  // Asking before the plugin listens would be an error like any other, so the socket's file is awaited first.
  while (!existsSync(socket)) yield* Effect.sleep(socketPollMs)
  for (;;) {
    const answer = yield* Effect.result(client.describe(readyMsMax))
    if (answer._tag === "Success") return { _tag: "Answer", answer: answer.success } as const
    if (answer.failure.code !== Code.Unavailable) return { _tag: "Refused", code: answer.failure.code } as const
    yield* Effect.sleep(socketPollMs)
  }
})

const checkDescription = Effect.fnUntraced(function* (
  spec: PluginSpec,
  socket: string,
  client: PluginClient,
  readyMsMax: number
) {
  const notReady = (reason: string) => new PluginNotReady({ plugin: spec.id, reason })
  const found = yield* awaitDescription(socket, client, readyMsMax)
  if (found._tag === "Refused") return yield* notReady(`it answered ${Code[found.code]} to describe`)
  const description = yield* decodeDescription(found.answer).pipe(
    Effect.mapError(() => notReady("its description is outside the contract"))
  )
  if (description.plugin_id !== spec.id) return yield* notReady("it describes itself with another id")
  return description
})

/** Starts a process in `directory`, whose socket's file is named by `run`, and waits until it is ready. */
export const launchPlugin = Effect.fnUntraced(function* (
  spec: PluginSpec,
  limits: PluginLimits,
  directory: string,
  run: number
): Effect.fn.Return<LivePlugin, PluginNotReady, Scope.Scope> {
  const notReady = (reason: string) => new PluginNotReady({ plugin: spec.id, reason })
  const { callMsMax, readyMsMax } = limits
  const socket = join(directory, `${run}.sock`)
  const token = randomBytes(32).toString("hex")
  const env = { HOME: directory, ...spec.env, [socketVariable]: socket, [tokenVariable]: token }
  // Standard input is a pipe that the kernel closes when this process ends, however it ends: the plugin then stops.
  const child = yield* startProcess(spec.command, spec.args, { cwd: directory, env, stdin: true }).pipe(
    Effect.mapError((error) => notReady(error.message))
  )
  yield* Effect.addFinalizer(() => stop(child, limits.stopMsMax))
  child.on("error", () => undefined)
  child.stdin?.on("error", () => undefined)
  if (child.stdout !== null) yield* Effect.forkScoped(logOutput(spec.id, "stdout", child.stdout))
  if (child.stderr !== null) yield* Effect.forkScoped(logOutput(spec.id, "stderr", child.stderr))
  const client = makePluginClient(socket, Redacted.make(token, { label: "plugin token" }), callMsMax)
  const description = yield* checkDescription(spec, socket, client, readyMsMax).pipe(
    Effect.raceFirst(Effect.flatMap(ended(child), (reason) => Effect.fail(notReady(reason)))),
    Effect.timeoutOrElse({
      duration: readyMsMax,
      orElse: () => Effect.fail(notReady(`it did not answer within ${readyMsMax / 1000} s`))
    })
  )
  return { child, client, description }
})
