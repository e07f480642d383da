/** How a unit of a manifest is started, whatever it is. */
import type { Effect } from "effect"
import type { Confinement } from "../confine/detectConfinement.ts"
import type { UnitSpec } from "../PluginManifest.ts"
import { socketLauncher } from "./connectSocket.ts"
import { processLauncher } from "./launchProcess.ts"
import { wasmLauncher } from "./launchWasm.ts"
import type { UnitLauncher } from "./UnitLaunch.ts"

/** `machine` is looked at when a process is started, and not before. */
export const launcherOf = (spec: UnitSpec, machine: Effect.Effect<Confinement>): UnitLauncher => {
  const { program } = spec
  switch (program.kind) {
    case "exec":
      return processLauncher(spec, program, machine)
    case "socket":
      return socketLauncher(spec, program)
    case "wasm":
      return wasmLauncher(spec, program)
  }
}
