/** A unit that is a value of this very process. Nothing starts, nothing holds it, and it cannot end by itself. */
import { Effect } from "effect"
import type { DefinedPlugin } from "../../contract/DefinedPlugin.ts"
import { readRawData } from "../../contract/Observation.ts"
import { inProcessPlugin } from "../InProcessPlugin.ts"
import { startFailed, type UnitLauncher } from "./UnitLaunch.ts"

/** Its answers are checked as a stranger's would be. */
export const inProcessLauncher = (defined: DefinedPlugin): UnitLauncher => {
  const id = defined.description.plugin_id
  return {
    obtained: "in_process",
    confinement: "none",
    isWatched: false,
    launch: Effect.sync(() => ({
      asked: new Map([
        [
          id,
          {
            describe: Effect.succeed(defined.description),
            configure: (configuration: Uint8Array) =>
              Effect.suspend(() => {
                const fault = defined.configure(configuration.length === 0 ? null : readRawData(configuration))
                return fault === null ? Effect.void : Effect.fail(startFailed(id)("bad_configuration", fault))
              }),
            look: () => Effect.succeed("alive" as const),
            verify: inProcessPlugin(defined).verify
          }
        ]
      ]),
      confinement: "none" as const,
      digest: null,
      pid: null,
      rssBytes: () => null,
      lower: () => undefined,
      ended: Effect.never
    }))
  }
}
