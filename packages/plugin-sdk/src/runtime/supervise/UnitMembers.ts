/** The plugins of one unit as their owner sees them: what each did, and what became of it. */
import { Clock, Effect } from "effect"
import type { CheckedPlugin } from "../launch/checkPlugin.ts"
import type { LaunchedUnit, UnitLauncher } from "../launch/UnitLaunch.ts"
import type { Deactivation } from "../PluginRuntime.ts"
import type { PluginBoard, PluginRow } from "./PluginBoard.ts"

/** One plugin, whether it runs now or not. */
export interface Member {
  readonly id: string
  row: PluginRow
  /** As it was when it last started well. */
  checked: CheckedPlugin | null
  /** Good answers that are still wanted before it counts as well again. */
  wanted: number
  blames: ReadonlyArray<{ readonly code: string; readonly at: number }>
}

/** All of one unit's. */
export interface UnitMembers {
  readonly get: (id: string) => Member | undefined
  /** Those that are not deactivated. */
  readonly inUse: () => ReadonlyArray<Member>
  readonly show: (member: Member, change: Partial<PluginRow>) => Effect.Effect<void>
  readonly showAll: (change: Partial<PluginRow>) => Effect.Effect<void>
  readonly showReady: (member: Member, checked: CheckedPlugin, launched: LaunchedUnit) => Effect.Effect<void>
  /** For the operator; at the debug level while the unit is not on the board. */
  readonly log: (message: string, facts: Readonly<Record<string, string>>) => Effect.Effect<void>
  readonly deactivate: (member: Member, reason: Deactivation, detail: string) => Effect.Effect<void>
  /** It failed: once more on the board, and it is `degraded` until it has answered well a few times. */
  readonly count: (member: Member, code: string) => Effect.Effect<void>
  readonly praise: (member: Member) => Effect.Effect<void>
  /** The agent caught it at something; too often within the hour, and it is deactivated. */
  readonly blame: (member: Member, code: Deactivation) => Effect.Effect<void>
  /** From now on changes are on the board; null takes them off it. */
  readonly attach: (isOn: boolean) => Effect.Effect<void>
}

// One good answer after a bad one may be luck.
const goodAnswersWanted = 3
// A name that slips into a description is a mistake; a third one within the hour is how this plugin works.
const blamesMax = 3
const blameWindowMs = 3_600_000

/** Whether it is not used any more. */
export const isOut = ({ row }: Member): boolean => row.state === "deactivated"

/** All of them starting. */
export const makeUnitMembers = (
  ids: ReadonlyArray<string>,
  { confinement, obtained }: Pick<UnitLauncher, "confinement" | "obtained">,
  board: PluginBoard
): UnitMembers => {
  const gone = { pid: null, rss_bytes: null }
  const unknown = { version: null, digest: null, protocol_version: null, sources: [] }
  const row: PluginRow = { ...unknown, ...gone, obtained, state: "starting", reason: null, confinement }
  const members = new Map(ids.map((id): [string, Member] => [id, { id, row, checked: null, wanted: 0, blames: [] }]))
  let attached = false

  const inUse = () => [...members.values()].filter((member) => !isOut(member))
  const show = (member: Member, change: Partial<PluginRow>) =>
    Effect.suspend(() => {
      member.row = { ...member.row, ...change }
      return attached ? board.show(member.id, member.row) : Effect.void
    })

  // What only tries to take another one's place has changed nothing yet.
  const log = (message: string, facts: Readonly<Record<string, string>>) =>
    attached ? Effect.logWarning(message, facts) : Effect.logDebug(message, facts)

  const deactivate = Effect.fnUntraced(function* (member: Member, reason: Deactivation, detail: string) {
    if (isOut(member)) return
    yield* show(member, { ...gone, state: "deactivated", reason })
    yield* log("A plugin was deactivated", { plugin: member.id, reason })
    yield* Effect.logDebug(detail, { plugin: member.id })
  })

  const count = Effect.fnUntraced(function* (member: Member, code: string) {
    member.wanted = goodAnswersWanted
    yield* board.fault(member.id, code)
    if (member.row.state === "ready") yield* show(member, { state: "degraded" })
  })

  return {
    get: (id) => members.get(id),
    inUse,
    show,
    showAll: (change) => Effect.forEach(inUse(), (member) => show(member, change), { discard: true }),
    showReady: (member, { identity, sources }, launched) =>
      show(member, {
        state: member.wanted > 0 ? "degraded" : "ready",
        version: identity.version,
        digest: identity.digest,
        protocol_version: identity.protocol_version,
        confinement: launched.confinement,
        sources: [...sources.keys()],
        pid: launched.pid,
        rss_bytes: launched.rssBytes()
      }),
    log,
    deactivate,
    count,
    praise: (member) =>
      Effect.suspend(() => {
        if (member.wanted === 0) return Effect.void
        member.wanted--
        return member.wanted === 0 && member.row.state === "degraded" ? show(member, { state: "ready" }) : Effect.void
      }),
    blame: Effect.fnUntraced(function* (member: Member, code: Deactivation) {
      yield* count(member, code)
      const at = Number(yield* Clock.monotonicTimeNanos) / 1e6
      member.blames = [...member.blames.filter((blame) => at - blame.at < blameWindowMs), { code, at }]
      const same = member.blames.filter((blame) => blame.code === code)
      if (same.length >= blamesMax) yield* deactivate(member, code, "the agent caught it at it too often")
    }),
    attach: (isOn) =>
      Effect.suspend(() => {
        attached = isOn
        return isOn
          ? Effect.forEach(members.values(), (member) => board.show(member.id, member.row), { discard: true })
          : Effect.void
      })
  }
}
