/** One process of a plugin, from start to ready. It ends with its scope: SIGTERM first, and the whole group killed if it does not listen. */
import type { ChildProcess } from "node:child_process"
import { randomBytes } from "node:crypto"
import { existsSync } from "node:fs"
import { join } from "node:path"
import { Code } from "@connectrpc/connect"
import { startProcess } from "@farmops/core/process/startProcess"
import { Effect, Redacted, Schema, type Scope } from "effect"
import { decodeDescription } from "../contract/decode.ts"
import { socketVariable, tokenVariable } from "../contract/environment.ts"
import type { PluginDescription } from "../contract/Verdict.ts"
import { logOutput } from "./logOutput.ts"
import { childEnded, stopChild } from "./pluginChild.ts"
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

/** The reason of a plugin whose description breaks a rule of the contract. */
export const outsideContract = "its description is outside the contract"

/** A process that is ready for calls. */
export interface LivePlugin {
  readonly child: ChildProcess
  readonly client: PluginClient
  readonly description: PluginDescription
}

/** How long a plugin may take. */
export interface PluginLimits {
  /** To its first answer. Node itself needs about 0.2 s; a machine that starts everything at once, a hundred times that. */
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
  readyMsMax: 20_000,
  callMsMax: 5_000,
  stopMsMax: 2_000,
  restartsPerMinuteMax: 5
}

const socketPollMs = 10

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
  const description = yield* decodeDescription(found.answer).pipe(Effect.mapError(() => notReady(outsideContract)))
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
  yield* Effect.addFinalizer(() => stopChild(child, limits.stopMsMax))
  child.on("error", () => undefined)
  child.stdin?.on("error", () => undefined)
  if (child.stdout !== null) yield* Effect.forkScoped(logOutput(spec.id, "stdout", child.stdout))
  if (child.stderr !== null) yield* Effect.forkScoped(logOutput(spec.id, "stderr", child.stderr))
  const client = yield* Effect.acquireRelease(
    Effect.sync(() => makePluginClient(socket, Redacted.make(token, { label: "plugin token" }), callMsMax)),
    ({ close }) => close
  )
  const description = yield* checkDescription(spec, socket, client, readyMsMax).pipe(
    Effect.raceFirst(Effect.flatMap(childEnded(child), (reason) => Effect.fail(notReady(reason)))),
    Effect.timeoutOrElse({
      duration: readyMsMax,
      orElse: () => Effect.fail(notReady(`it did not answer within ${readyMsMax / 1000} s`))
    })
  )
  return { child, client, description }
})
