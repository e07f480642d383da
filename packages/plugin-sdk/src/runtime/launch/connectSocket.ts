/** Reaches a plugin that somebody else started, on the socket where it listens already. The agent holds it by nothing. */
import { Effect, Redacted } from "effect"
import { isSocket } from "../client/connectPlugin.ts"
import type { UnitProgram, UnitSettings } from "../PluginManifest.ts"
import { askOverSocket } from "./askOverSocket.ts"
import { startFailed, type UnitLauncher } from "./UnitLaunch.ts"

type SocketProgram = Extract<UnitProgram, { readonly kind: "socket" }>

/** It ends when nobody listens any more, which the next call or look finds out. */
export const socketLauncher = ({ limits, plugins }: UnitSettings, { path, token }: SocketProgram): UnitLauncher => ({
  obtained: "socket",
  confinement: "none",
  isWatched: true,
  launch: Effect.gen(function* () {
    // Whoever starts it may not have got so far. There is nothing to wait for here: it is tried again after a while.
    if (!isSocket(path, false)) return yield* startFailed(null)("not_ready", "there is no socket at its path")
    const asked = yield* Effect.forEach(plugins, ({ id }) =>
      Effect.map(
        askOverSocket({ id, socket: path, token: Redacted.make(token, { label: "plugin token" }), ...limits }),
        (one) => [id, one] as const
      )
    )
    return {
      asked: new Map(asked),
      confinement: "none" as const,
      // It may have been any program at all.
      digest: null,
      pid: null,
      rssBytes: () => null,
      lower: () => undefined,
      ended: Effect.never
    }
  })
})
