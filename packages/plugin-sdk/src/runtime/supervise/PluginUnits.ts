/**
 * The units of an agent, by their keys: adds them, replaces one by its successor without losing a call, and removes them. A
 * plugin's handle outlives its unit: it asks whichever unit serves the plugin now.
 */
import { Effect, Exit, Scope, Semaphore } from "effect"
import type { CheckedPlugin } from "../launch/checkPlugin.ts"
import type { StartFailed, UnitLauncher } from "../launch/UnitLaunch.ts"
import { PluginFault } from "../Plugin.ts"
import type { UnitSettings } from "../PluginManifest.ts"
import type { RuntimePlugin } from "../PluginRuntime.ts"
import type { PluginBoard } from "./PluginBoard.ts"
import { type Pace, superviseUnit, type Unit } from "./superviseUnit.ts"

// Twenty programs that start at once on two cores would all be late.
const startsMax = 4

interface Slot {
  readonly unit: Unit
  readonly scope: Scope.Closeable
}

/** What came of a replacement. */
export interface Replacement {
  readonly failures: ReadonlyArray<StartFailed>
  /** Whether it has the place now, as it has where nothing that could go on was there. */
  readonly isIn: boolean
}

/** What is run, and the way to change it. Each change is for one caller at a time. */
export interface PluginUnits {
  readonly keys: () => ReadonlyArray<string>
  /** The plugins' ids, by unit. */
  readonly ids: (key: string) => ReadonlyArray<string>
  readonly plugins: () => ReadonlyArray<RuntimePlugin>
  /** Starts it. It stays, whatever comes of its first start, whose failures are the answer's answer. */
  readonly add: (spec: UnitSettings, launcher: UnitLauncher) => Effect.Effect<Unit["first"]>
  /** Starts it, and puts it in the place of the unit with its key once all of its plugins are ready; else that one stays. */
  readonly replace: (spec: UnitSettings, launcher: UnitLauncher) => Effect.Effect<Replacement>
  readonly remove: (key: string) => Effect.Effect<void>
}

/** They all stop with the scope, side by side. */
export const makePluginUnits = Effect.fnUntraced(function* (
  board: PluginBoard,
  pace: Pace
): Effect.fn.Return<PluginUnits, never, Scope.Scope> {
  const starts = yield* Semaphore.make(startsMax)
  const slots = new Map<string, Slot>()
  const handles = new Map<string, { readonly version: string; readonly handle: RuntimePlugin }>()

  const unitOf = (id: string): Unit | undefined => {
    for (const { unit } of slots.values()) if (unit.spec.plugins.some((plugin) => plugin.id === id)) return unit
    return undefined
  }

  const verify = (id: string, version: string): RuntimePlugin["verify"] =>
    Effect.fn("PluginRuntime.verify")(function* (observation, memory) {
      for (;;) {
        const unit = unitOf(id)
        if (unit === undefined) return yield* new PluginFault({ plugin: id, code: "deactivated" })
        // A unit is closed only after it was taken out of its slot: the next round asks another one, or none.
        const verdict = yield* Effect.catchTag(unit.verify(id, version, observation, memory), "UnitClosed", () =>
          Effect.as(Effect.yieldNow, null)
        )
        if (verdict !== null) return verdict
      }
    })

  const handleOf = ({ description, identity, sources, version }: CheckedPlugin): RuntimePlugin => {
    const id = identity.plugin_id
    const known = handles.get(id)
    if (known?.version === version) return known.handle
    const handle: RuntimePlugin = {
      id,
      description,
      identity,
      sources,
      verify: verify(id, version),
      blame: (code) => Effect.suspend(() => unitOf(id)?.blame(id, code) ?? Effect.void)
    }
    handles.set(id, { version, handle })
    return handle
  }

  const make = Effect.fnUntraced(function* (spec: UnitSettings, launcher: UnitLauncher) {
    const scope = yield* Scope.make()
    const unit = yield* Scope.provide(superviseUnit(spec, launcher, board, pace, starts), scope)
    return { unit, scope }
  })
  const close = ({ scope }: Slot) => Scope.close(scope, Exit.void)

  yield* Effect.addFinalizer(() =>
    Effect.forEach([...slots.values()], close, { concurrency: "unbounded", discard: true })
  )

  // Whatever interrupts these, a unit is either in its slot or gone.
  return {
    keys: () => [...slots.keys()],
    ids: (key) => slots.get(key)?.unit.spec.plugins.map(({ id }) => id) ?? [],
    plugins: () => [...slots.values()].flatMap(({ unit }) => unit.plugins().map(handleOf)),
    add: (spec, launcher) =>
      Effect.uninterruptible(
        Effect.gen(function* () {
          const slot = yield* make(spec, launcher)
          slots.set(spec.key, slot)
          yield* slot.unit.attach
          return slot.unit.first
        })
      ),
    replace: (spec, launcher) =>
      Effect.uninterruptibleMask((restore) =>
        Effect.gen(function* () {
          const next = yield* make(spec, launcher)
          const failures = yield* Effect.onInterrupt(restore(next.unit.first), () => close(next))
          const old = slots.get(spec.key)
          if (failures.length > 0 && old !== undefined && old.unit.plugins().length > 0) {
            yield* close(next)
            return { failures, isIn: false }
          }
          slots.set(spec.key, next)
          if (old !== undefined) yield* old.unit.drain
          yield* next.unit.attach
          if (old !== undefined) yield* close(old)
          return { failures, isIn: true }
        })
      ),
    remove: (key) =>
      Effect.uninterruptible(
        Effect.suspend(() => {
          const slot = slots.get(key)
          if (slot === undefined) return Effect.void
          slots.delete(key)
          return Effect.andThen(slot.unit.drain, close(slot))
        })
      )
  }
})
