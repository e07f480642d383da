/**
 * Decides on an issue and carries it out, and kills itself before one of its steps: `triageAndDie.ts URL FILE TASK ISSUE STEP SETTLE_MS`.
 * A step is anything that it writes, to its database or to GitHub, and the moment after. Step 0 never comes.
 */
import { ActionLog } from "@farmops/triage/ActionLog"
import { GitHubWrites } from "@farmops/triage/github/GitHubWrites"
import { Effect, Layer } from "effect"
import { carryOut, decide, harnessLayers } from "./harnessLayers.ts"
import { storyActions } from "./story.ts"

const [url = "", file = "", task = "", issue = "", dieAt = "", settleMs = ""] = process.argv.slice(2)

let steps = 0
const step = Effect.sync(() => {
  steps++
  if (steps === Number(dieAt)) process.kill(process.pid, "SIGKILL")
})

const between = <A, E, R>(write: Effect.Effect<A, E, R>) => Effect.tap(Effect.andThen(step, write), step)

/** Steps around each write of a service. */
const stepped =
  <Args extends ReadonlyArray<unknown>, A, E, R>(write: (...args: Args) => Effect.Effect<A, E, R>) =>
  (...args: Args) =>
    between(write(...args))

const steppedWrites = (writes: GitHubWrites["Service"]) =>
  GitHubWrites.of({
    ...writes,
    createComment: stepped(writes.createComment),
    addLabel: stepped(writes.addLabel),
    removeLabel: stepped(writes.removeLabel),
    close: stepped(writes.close)
  })

const steppedLog = (log: ActionLog["Service"]) =>
  ActionLog.of({
    ...log,
    record: stepped(log.record),
    begin: stepped(log.begin),
    finish: stepped(log.finish),
    postpone: stepped(log.postpone),
    unknown: stepped(log.unknown)
  })

/** As a dispatcher does after a start: what is unfinished first, and the decision only where there is none. */
const live = Effect.gen(function* () {
  const log = yield* ActionLog
  if ((yield* log.detail(task)) === null) yield* decide(task, Number(issue), storyActions)
  return (yield* carryOut(task))._tag
})

const layers = harnessLayers(url, file, {
  settleMs: Number(settleMs),
  wrap: { log: Layer.effect(ActionLog, Effect.map(ActionLog.make, steppedLog)), writes: steppedWrites }
})
process.stdout.write(await Effect.runPromise(Effect.provide(live, layers)))
