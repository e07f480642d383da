/** Where the owner sees every plugin: one row each, in the manifest's order. Counts outlive restarts and reloads. */
import { DateTime, Effect, SubscriptionRef } from "effect"
import type { PluginStatus } from "../PluginRuntime.ts"

/** What a unit knows of one of its plugins. */
export type PluginRow = Omit<PluginStatus, "id" | "starts" | "faults" | "last_fault">

/** The rows, and the way to change them. */
export interface PluginBoard {
  readonly status: SubscriptionRef.SubscriptionRef<ReadonlyArray<PluginStatus>>
  readonly show: (id: string, row: PluginRow) => Effect.Effect<void>
  readonly started: (id: string) => Effect.Effect<void>
  readonly fault: (id: string, code: string) => Effect.Effect<void>
  /** Shows these ids, in this order, and forgets the rest. */
  readonly arrange: (ids: ReadonlyArray<string>) => Effect.Effect<void>
}

type Counts = Pick<PluginStatus, "starts" | "faults" | "last_fault">

const noCounts: Counts = { starts: 0, faults: {}, last_fault: null }

/** An empty board. */
export const makePluginBoard: Effect.Effect<PluginBoard> = Effect.gen(function* () {
  const status = yield* SubscriptionRef.make<ReadonlyArray<PluginStatus>>([])
  const rows = new Map<string, PluginRow>()
  const counts = new Map<string, Counts>()
  let order: ReadonlyArray<string> = []

  const publish = SubscriptionRef.update(status, () =>
    order.flatMap((id) => {
      const row = rows.get(id)
      return row === undefined ? [] : [{ id, ...row, ...(counts.get(id) ?? noCounts) }]
    })
  )
  const countsOf = (id: string) => counts.get(id) ?? noCounts

  return {
    status,
    show: (id, row) =>
      Effect.suspend(() => {
        rows.set(id, row)
        if (!order.includes(id)) order = [...order, id]
        return publish
      }),
    started: (id) =>
      Effect.suspend(() => {
        counts.set(id, { ...countsOf(id), starts: countsOf(id).starts + 1 })
        return publish
      }),
    fault: Effect.fnUntraced(function* (id: string, code: string) {
      const at = DateTime.formatIso(yield* DateTime.now)
      const { faults, starts } = countsOf(id)
      counts.set(id, { starts, faults: { ...faults, [code]: (faults[code] ?? 0) + 1 }, last_fault: { code, at } })
      yield* publish
    }),
    arrange: (ids) =>
      Effect.suspend(() => {
        order = ids
        for (const known of [rows, counts]) {
          for (const id of known.keys()) if (!ids.includes(id)) known.delete(id)
        }
        return publish
      })
  }
})
