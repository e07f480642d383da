/**
 * Decides what the health of pods is worth. A fix is: this plugin saw the workload unhealthy, long enough; it is healthy now,
 * by pods that recovered or were replaced and not by pods that were taken away; and it has held. Pure: time is what the
 * observation says.
 */
import { inconclusive, rejected, verified } from "@farmops/plugin-sdk/author/definePlugin"
import type { Complexity, Verdict } from "@farmops/plugin-sdk/contract/Verdict"
import {
  type Configuration,
  countMax,
  type Sweep,
  type SweepMemory,
  type Workload,
  type WorkloadMemory
} from "./events.ts"
import {
  type Ailment,
  ailmentOf,
  ailments,
  isLive,
  isReady,
  type Patience,
  readySince,
  revisionOf,
  timeOf
} from "./podHealth.ts"
import { describeFix, describeSweep } from "./templates.ts"

/** Every subcategory that a verdict may have. */
export const subcategories: ReadonlyArray<string> = ["health-sweep", ...ailments]

/** A verdict and what to remember from now on; null forgets. */
export interface Outcome<M> {
  readonly verdict: Verdict
  readonly memory: M | null
}

const minuteMs = 60_000
const hourMs = 60 * minuteMs

// A workload that was away, or not yet ready, for longer than this after its trouble was not brought back: it was made anew.
const gapMsMax = hourMs

// A workload with more is told apart by the first few.
const revisionsMax = 16

const patienceOf = ({ hold_minutes, restarts, start_minutes }: Configuration): Patience => ({
  startMs: start_minutes * minuteMs,
  holdMs: hold_minutes * minuteMs,
  restarts
})

// 1 for one, 10 from 512 on: each step is a doubling, so one huge workload is not worth a huge number of small ones.
const radiusOf = (count: number): number => Math.min(10, 1 + Math.floor(Math.log2(Math.max(count, 1))))

const complexityOf = (minutes: number, ailing: number): Complexity => {
  if (minutes >= 240 || ailing >= 20) return "high"
  return minutes >= 30 || ailing >= 5 ? "medium" : "low"
}

/** The verdict over every pod there is. */
export const verifySweep = (
  sweep: Sweep,
  memory: SweepMemory | null,
  configuration: Configuration
): Outcome<SweepMemory> => {
  const now = timeOf(sweep.seen_at)
  const before = memory ?? { kind: "sweep" as const, verified_at: null, part: 0, parts: 0, pods: 0, ailing: 0 }
  const idle = { ...before, part: 0, parts: 0, pods: 0, ailing: 0 }
  if (now === null || sweep.resource !== "pods" || sweep.part > sweep.parts) {
    return { verdict: inconclusive("this is no sweep of pods"), memory }
  }
  const follows = sweep.part === 1 || (before.parts === sweep.parts && before.part === sweep.part - 1)
  if (!follows) return { verdict: inconclusive("an earlier part of this sweep was not seen"), memory: idle }
  const live = sweep.objects.filter(isLive)
  const ailing = live.filter((pod) => ailmentOf(pod, now, patienceOf(configuration)) !== null)
  const sum = sweep.part === 1 ? idle : before
  const pods = Math.min(sum.pods + live.length, countMax)
  const unhealthy = Math.min(sum.ailing + ailing.length, countMax)
  if (sweep.part < sweep.parts) {
    const { part, parts } = sweep
    return { verdict: rejected("not the whole sweep yet"), memory: { ...before, part, parts, pods, ailing: unhealthy } }
  }
  if (pods === 0 || sweep.namespaces === 0) return { verdict: rejected("there are no pods"), memory: idle }
  const last = before.verified_at
  if (last !== null && now - last < configuration.sweep_minutes * minuteMs) {
    return { verdict: rejected("the last check that counted is not long ago"), memory: idle }
  }
  const verdict = verified({
    action: "verify",
    category: "maintenance",
    subcategory: "health-sweep",
    description: describeSweep(pods, sweep.namespaces, unhealthy),
    complexity: "low",
    impactRadius: radiusOf(sweep.namespaces),
    artifactsTouched: pods,
    actorType: "system",
    evidence: { kind: "sweep", seen_at: sweep.seen_at, pods, namespaces: sweep.namespaces, unhealthy }
  })
  return { verdict, memory: { ...idle, verified_at: now } }
}

// Their pods run to an end; whether that was a good one is not for this plugin to say.
const jobs: ReadonlySet<string> = new Set(["Job", "CronJob"])

type Trouble = NonNullable<WorkloadMemory["trouble"]>

/** What one event shows of a workload. */
interface Sight {
  readonly now: number
  readonly live: number
  readonly ready: number
  readonly ailment: Ailment | null
  readonly ailing: number
  readonly ailingRevisions: ReadonlyArray<string>
  readonly revisions: ReadonlySet<string>
  /** Since when every pod has been ready; null where one is not, or none is there. */
  readonly readySince: number | null
}

const sightOf = (workload: Workload, now: number, patience: Patience): Sight => {
  const pods = workload.pods.filter(isLive).map((pod) => ({ pod, ailment: ailmentOf(pod, now, patience) }))
  const ailing = pods.filter(({ ailment }) => ailment !== null)
  const healthy = pods.filter(({ ailment, pod }) => ailment === null && isReady(pod))
  return {
    now,
    live: pods.length,
    ready: healthy.length,
    ailment: ailments.find((one) => ailing.some(({ ailment }) => ailment === one)) ?? null,
    ailing: ailing.length,
    ailingRevisions: ailing.map(({ pod }) => revisionOf(pod)),
    revisions: new Set(pods.map(({ pod }) => revisionOf(pod))),
    readySince:
      pods.length > 0 && healthy.length === pods.length
        ? Math.max(...healthy.map(({ pod }) => Math.min(readySince(pod) ?? now, now)))
        : null
  }
}

const worsen = (trouble: Trouble | null, sight: Sight, ailment: Ailment): Trouble => ({
  ailment: trouble?.ailment ?? ailment,
  since: trouble?.since ?? sight.now,
  ended: null,
  ready_min: Math.min(trouble?.ready_min ?? sight.ready, sight.ready),
  ailing_max: Math.max(trouble?.ailing_max ?? 0, sight.ailing),
  revisions: [...new Set([...(trouble?.revisions ?? []), ...sight.ailingRevisions])].slice(0, revisionsMax)
})

// Pods recovered where more are ready than in the worst moment; they were replaced where none of their revision is left.
const wasMended = (trouble: Trouble, sight: Sight): boolean =>
  sight.ready > trouble.ready_min || trouble.revisions.every((revision) => !sight.revisions.has(revision))

/** The verdict over one workload, each time that its pods have changed or have been quiet for a while. */
export const verifyWorkload = (
  workload: Workload,
  memory: WorkloadMemory | null,
  configuration: Configuration
): Outcome<WorkloadMemory> => {
  const now = timeOf(workload.seen_at)
  if (now === null) return { verdict: inconclusive("the event does not say when it was seen"), memory }
  if (jobs.has(workload.workload.kind)) return { verdict: rejected("a job runs to its end"), memory: null }
  const patience = patienceOf(configuration)
  const sight = sightOf(workload, now, patience)
  const credited = memory?.credited_at ?? null
  const before = memory?.trouble ?? null
  const keep = (reason: string, trouble: Trouble | null): Outcome<WorkloadMemory> => ({
    verdict: rejected(reason),
    memory: trouble === null && credited === null ? null : { kind: "workload", credited_at: credited, trouble }
  })
  if (sight.ailment !== null) return keep("the workload is unhealthy", worsen(before, sight, sight.ailment))
  if (before === null) return keep("the workload was not seen unhealthy", null)
  // It ended when the last pod became ready, which may be before this plugin was told. Where all of those that are left were
  // ready all along, it ended when the others were seen to be gone.
  const mended = sight.readySince !== null && sight.readySince > before.since ? sight.readySince : now
  const trouble = { ...before, ended: before.ended ?? mended }
  if (sight.readySince === null) {
    return keep(sight.live === 0 ? "the workload has no pods" : "not every pod is ready", trouble)
  }
  if (sight.readySince - trouble.ended > gapMsMax) return keep("the workload was away for too long", null)
  if (now - Math.max(sight.readySince, trouble.ended) < patience.holdMs)
    return keep("the workload is healthy again and has to hold", trouble)
  if (!wasMended(trouble, sight)) return keep("the unhealthy pods were taken away", null)
  const lasted = trouble.ended - trouble.since
  if (lasted < configuration.unhealthy_minutes * minuteMs) return keep("it was unhealthy for too short a time", null)
  if (credited !== null && now - credited < configuration.again_hours * hourMs) {
    return keep("a fix of this workload counted not long ago", null)
  }
  const minutes = Math.floor(lasted / minuteMs)
  const verdict = verified({
    action: "fix",
    category: "reliability",
    subcategory: trouble.ailment,
    description: describeFix(trouble.ailment, sight.live, minutes),
    complexity: complexityOf(minutes, trouble.ailing_max),
    impactRadius: radiusOf(sight.live),
    artifactsTouched: sight.live,
    evidence: { kind: "fix", seen_at: workload.seen_at, ...trouble, pods: sight.live }
  })
  return { verdict, memory: { kind: "workload", credited_at: now, trouble: null } }
}
