/** From a real Prometheus and Alertmanager to the chain of a whole agent: sources, plugins in one process, LeakGuard, tracker. */
import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, it } from "@effect/vitest"
import { pluginHostCommand } from "@farmops/plugin-host/command"
import { Effect } from "effect"
import { chainOf } from "../quick/agentChain.ts"
import { eventually, temporary } from "../quick/FarmProcess.ts"
import { freePort, SleepingTracker } from "../quick/sleepingTracker.ts"
import { hasAlertmanager, hookToken, startAlertmanager } from "./alertmanager.ts"

const plugin = "farmops/prometheus-alert-resolve"

const manifest = JSON.stringify({
  hosts: { "first-party": { ...pluginHostCommand(), confinement: "process" } },
  plugins: [
    { id: "farmops/git-history", host: "first-party" },
    // A test cannot let an alert fire for five minutes.
    { id: plugin, host: "first-party", configuration: { firing_minutes: 0 } }
  ]
})

const settings = (alertmanager: string, hooksPort: number) => `plugins: farmops-plugins.yaml
hooks: {port: ${hooksPort}}
sources:
  - name: alerts
    type: alertmanager
    actor: on-call@example.org
    webhook: {credential: {bearer_token: ${hookToken}}}
    poll: {url: "${alertmanager}", every_seconds: 1, settle_seconds: 10}
`

interface Answers {
  readonly "/sources": { readonly sources: ReadonlyArray<{ readonly name: string; readonly observations: number }> }
  readonly "/status": { readonly observations: { readonly pending: number } }
}

/** An agent that is told by Alertmanager and asks it, let in by a tracker of its own. */
const startFarm = (alertmanager: string, hooksPort: number) =>
  Effect.acquireRelease(
    Effect.promise(async () => {
      const folder = temporary("alerts")
      writeFileSync(join(folder.path, "farmops-plugins.yaml"), manifest)
      const farm = new SleepingTracker(folder.path, settings(alertmanager, hooksPort))
      await farm.startTracker()
      await farm.startAgent()
      await farm.approve()
      return { farm, folder }
    }),
    ({ farm, folder }) =>
      Effect.promise(async () => {
        await Promise.all([farm.end("agent", "SIGKILL"), farm.end("tracker", "SIGKILL")])
        folder.remove()
      })
  )

describe.skipIf(!hasAlertmanager)("an alert of a real Prometheus, seen by a whole agent,", () => {
  it.live(
    "is one signed proof without a name in it, once it has fired, was silenced and is resolved",
    () =>
      Effect.gen(function* () {
        const hooksPort = yield* Effect.promise(freePort)
        let farm: SleepingTracker | null = null
        const manager = yield* startAlertmanager((url) =>
          Effect.map(startFarm(url, hooksPort), (started) => {
            farm = started.farm
            return [`http://127.0.0.1:${hooksPort}/hooks/alerts`]
          })
        )
        const agent = yield* Effect.fromNullishOr<SleepingTracker | null>(farm)
        const ask = async <P extends keyof Answers>(path: P): Promise<Answers[P]> =>
          (await (await fetch(`${agent.agentUrl}/api/v1${path}`)).json()) as Answers[P]
        const told = (count: number) =>
          Effect.promise(() =>
            eventually(
              `${count} changes of the alert`,
              async () => {
                const { sources } = await ask("/sources")
                const seen = sources.find(({ name }) => name === "alerts")?.observations ?? 0
                return seen >= count && (await ask("/status")).observations.pending === 0 ? true : null
              },
              90
            )
          )
        const proofs = Effect.promise(() => agent.proofs())
        const before = yield* proofs

        yield* manager.setTarget(false)
        yield* told(1)
        yield* manager.silence("Ann@example.org")
        yield* told(2)
        expect(yield* proofs).toBe(before)
        yield* manager.setTarget(true)
        yield* told(3)
        yield* Effect.promise(() =>
          eventually("the proof", async () => ((await agent.proofs()) > before ? true : null), 30)
        )
        // Told by the webhook and found by polls again and again, it stays one.
        yield* manager.asks(6)
        yield* told(3)
        yield* Effect.promise(() => agent.end("agent", "SIGTERM"))

        const chain = yield* Effect.promise(() => chainOf(join(agent.folder, "agent")))
        const ours = chain.filter(({ action }) => action.plugin === plugin)
        expect(ours.map(({ action }) => [action.description, action.subcategory])).toEqual([
          ["Resolved an acknowledged minor alert after 0 minutes", "minor-alert"]
        ])
        for (const name of ["barn", "ann@", "on-call", "example", "127.0.0.1", "looking"]) {
          expect(ours[0]?.line.toLowerCase()).not.toContain(name)
        }
        expect(agent.agentSays().toLowerCase()).not.toContain("barn")
      }).pipe(Effect.scoped),
    180_000
  )
})
