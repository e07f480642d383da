/** The plugin that `farmops plugin dev` plays to: started as an agent starts it, and asked who it is. */
import { exitCodes } from "@farmops/core/host/exitCodes"
import { openTarget, type Target } from "@farmops/plugin-sdk/conformance/openTarget"
import { decodeDescription } from "@farmops/plugin-sdk/contract/decode"
import type { PluginDescription } from "@farmops/plugin-sdk/contract/Verdict"
import { Effect, type Scope } from "effect"
import { CommandFailed } from "../CommandFailed.ts"

/** A running plugin that has described itself. */
export interface DevPlugin {
  readonly description: PluginDescription
  readonly client: Target["client"]
  /** Hands it a configuration; undefined for none. A plugin that publishes no schema is not asked. */
  readonly configure: (configuration: unknown) => Effect.Effect<void, CommandFailed>
}

// A verdict and a description take far less; a person is watching.
const callMsMax = 10_000

/** What every call is bounded by. */
export const callOptions = { timeoutMs: callMsMax }

/** What was given cannot be used. */
export const unusable = (code: string, detail: string, cure: string | null = null) =>
  new CommandFailed({ code, detail, cure, exitCode: exitCodes.dataInvalid })

/** What the plugin said is not in the contract's words. */
export const outside = (what: string) =>
  unusable("outside_contract", `${what} is outside the contract.`, "Run plugin test.")

/** A call to the plugin. */
export const asked = <A>(make: () => Promise<A>) =>
  Effect.tryPromise({
    try: make,
    catch: (error) =>
      new CommandFailed({
        code: "plugin_fault",
        detail: `the plugin failed: ${error instanceof Error ? error.message : "no answer"}.`,
        cure: null,
        exitCode: exitCodes.unavailable
      })
  })

const utf8 = new TextEncoder()

/** Starts the program, which ends with the scope. */
export const openDevPlugin = Effect.fnUntraced(function* ([
  command = "",
  ...args
]: ReadonlyArray<string>): Effect.fn.Return<DevPlugin, CommandFailed, Scope.Scope> {
  const { client } = yield* Effect.acquireRelease(
    Effect.mapError(openTarget({ _tag: "Program", command, args }), ({ message }) =>
      unusable("not_ready", `the plugin did not start: ${message}.`)
    ),
    ({ close }) => close
  )
  const described = yield* asked(() => client.describe({}, callOptions))
  const description = yield* Effect.mapError(decodeDescription(described), () => outside("its description"))
  return {
    description,
    client,
    configure: Effect.fnUntraced(function* (given: unknown) {
      if (given === undefined && description.configuration_schema === null) return
      const configuration = given === undefined ? new Uint8Array() : utf8.encode(JSON.stringify(given))
      yield* asked(() => client.configureSources({ configuration }, callOptions))
    })
  }
})
