/**
 * Decides what the end of a finding is worth. It counts once for each container of an object: the plugin has known the finding
 * for a while, the container lives on without it, and every pod runs the new template. Pure: time is what the observation says.
 */
import { inconclusive, rejected, verified } from "@farmops/plugin-sdk/author/definePlugin"
import { fillTemplate } from "@farmops/plugin-sdk/author/fillTemplate"
import type { Complexity, Verdict } from "@farmops/plugin-sdk/contract/Verdict"
import type { Change, Configuration, Memory } from "./events.ts"
import { type Finding, findingsOf, isSecurity, placesOf } from "./findings.ts"

const securityFixed = (count: number): string =>
  `Resolved {findings} security ${count === 1 ? "finding" : "findings"} of a workload`
const resourcesSet = (count: number): string =>
  `Set {findings} missing resource ${count === 1 ? "request or limit" : "requests and limits"} of a workload`
const bothFixed = "Resolved {findings} findings of a workload, {security} of security"

/** Every description that a verdict may have. */
export const templates: ReadonlyArray<string> = [...[1, 2].map(securityFixed), ...[1, 2].map(resourcesSet), bothFixed]

/** Every subcategory that a verdict may have. */
export const subcategories: ReadonlyArray<string> = ["security-findings", "resource-findings", "mixed-findings"]

/** A verdict and what to remember from now on; null forgets. */
export interface Outcome {
  readonly verdict: Verdict
  readonly memory: Memory | null
}

const hourMs = 3_600_000

// A workload with more is watched for the first of them: what is remembered has a bound.
const findingsMax = 200

const sameAs =
  (one: Finding) =>
  (other: Finding): boolean =>
    one.kind === other.kind && one.container === other.container

const keep = (memory: Memory): Memory | null =>
  memory.standing.length === 0 && memory.resolved.length === 0 ? null : memory

/** How many pods the workload wants, and whether all of them, and no other, are of its present template and ready. */
const rollOutOf = ({ metadata, spec, status }: Change["object"], resource: Change["resource"]) => {
  const observed = (status?.observedGeneration ?? 0) >= (metadata.generation ?? 0)
  if (resource === "daemonsets.apps") {
    const wanted = status?.desiredNumberScheduled ?? 0
    const done = status?.updatedNumberScheduled === wanted && status.numberReady === wanted
    return { wanted, done: observed && done }
  }
  // The API server sets one where the author wrote nothing.
  const wanted = spec.replicas ?? 1
  const done = status?.updatedReplicas === wanted && status.readyReplicas === wanted && status.replicas === wanted
  return { wanted, done: observed && done }
}

const describe = (resolved: number, security: number): string => {
  if (security === resolved) return fillTemplate(securityFixed(resolved), { findings: resolved })
  if (security === 0) return fillTemplate(resourcesSet(resolved), { findings: resolved })
  return fillTemplate(bothFixed, { findings: resolved, security })
}

const subcategoryOf = (resolved: number, security: number): string => {
  if (security === resolved) return "security-findings"
  return security === 0 ? "resource-findings" : "mixed-findings"
}

const complexityOf = (findings: number): Complexity => {
  if (findings >= 12) return "high"
  return findings >= 4 ? "medium" : "low"
}

// 1 for one pod, 10 from 512 on: each step is a doubling.
const radiusOf = (pods: number): number => Math.max(1, Math.min(10, 1 + Math.floor(Math.log2(Math.max(pods, 1)))))

const resolve = (change: Change, resolved: ReadonlyArray<Finding>, pods: number): Verdict => {
  const security = resolved.filter(isSecurity).length
  return verified({
    action: "fix",
    category: security > 0 ? "security" : "reliability",
    subcategory: subcategoryOf(resolved.length, security),
    description: describe(resolved.length, security),
    complexity: complexityOf(resolved.length),
    impactRadius: radiusOf(pods),
    artifactsTouched: 1,
    evidence: { kind: "resolved", seen_at: change.seen_at, resource: change.resource, pods, resolved }
  })
}

/** The verdict over one workload, each time that it has changed. */
export const verifyChange = (change: Change, memory: Memory | null, configuration: Configuration): Outcome => {
  const now = Date.parse(change.seen_at)
  if (!Number.isFinite(now)) return { verdict: inconclusive("the event does not say when it was seen"), memory }
  const { object, resource } = change
  if (change.change === "deleted" || (object.metadata.deletionTimestamp ?? null) !== null) {
    return { verdict: rejected("the workload is gone, which resolves nothing"), memory: null }
  }
  const before = memory ?? { standing: [], resolved: [] }
  const pod = object.spec.template.spec
  const found = findingsOf(pod).filter(({ kind }) => !configuration.ignore.includes(kind))
  const { done, wanted } = rollOutOf(object, resource)
  const fresh = found
    .filter((finding) => !before.standing.some(sameAs(finding)))
    .map(({ container, kind }) => ({ kind, container, since: now }))
  const standing = [...before.standing, ...fresh].slice(0, findingsMax)
  const grown = keep({ ...before, standing })
  const ended = before.standing.filter((finding) => !found.some(sameAs(finding)))
  if (ended.length === 0) {
    return { verdict: rejected(found.length === 0 ? "nothing is found" : "what was found still stands"), memory: grown }
  }
  // Not yet: a workload that runs nothing, or still runs the old template, has resolved nothing and may yet go back.
  if (wanted < 1) return { verdict: rejected("the workload is scaled to zero"), memory: grown }
  if (!done) return { verdict: rejected("the new template is not rolled out yet"), memory: grown }
  const places = placesOf(pod)
  const counts = ended
    .filter(({ container }) => places.has(container))
    .filter(({ since }) => now - since >= configuration.standing_hours * hourMs)
    .filter((finding) => !before.resolved.some(sameAs(finding)) && !configuration.ignore.includes(finding.kind))
    .map(({ container, kind }) => ({ kind, container }))
  const after = keep({
    standing: standing.filter((finding) => found.some(sameAs(finding))),
    resolved: [...before.resolved, ...counts].slice(0, findingsMax)
  })
  // A memory that is full could not tell the second time from the first.
  if (counts.length === 0 || before.resolved.length + counts.length > findingsMax) {
    return {
      verdict: rejected("what ended was not known for long enough, is gone with its container, or counted before"),
      memory: after
    }
  }
  return { verdict: resolve(change, counts, wanted), memory: after }
}
