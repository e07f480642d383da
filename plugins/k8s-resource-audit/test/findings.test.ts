import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import { type FindingKind, findingsOf, PodSpec } from "../src/findings.ts"
import { bad, good } from "./objects.ts"

const kindsOf = (pod: unknown): ReadonlyArray<FindingKind> =>
  findingsOf(Schema.decodeUnknownSync(PodSpec)(pod)).map(({ kind }) => kind)

const context = (securityContext: object) => [good("a", { securityContext })]
const strict = { allowPrivilegeEscalation: false, runAsNonRoot: true }
const resources = (requests: unknown, limits: unknown) => [good("a", { resources: { requests, limits } })]

describe("findingsOf", () => {
  it.each<readonly [string, object, ReadonlyArray<FindingKind>]>([
    ["a container that has everything", { containers: [good()] }, []],
    [
      "a container that has nothing",
      { containers: [{ name: "a" }] },
      [
        ...(["no-cpu-request", "no-memory-request", "no-cpu-limit", "no-memory-limit"] as const),
        ...(["privilege-escalation", "run-as-root"] as const)
      ]
    ],
    [
      "requests alone",
      { containers: resources({ cpu: "1", memory: "1Gi" }, null) },
      ["no-cpu-limit", "no-memory-limit"]
    ],
    ["limits alone, which are requests too", { containers: resources(null, { cpu: 1, memory: "1Gi" }) }, []],
    [
      "memory alone",
      { containers: resources({ memory: "1Gi" }, { memory: "1Gi" }) },
      ["no-cpu-request", "no-cpu-limit"]
    ],
    [
      "no resources at all",
      { containers: resources(null, null) },
      ["no-cpu-request", "no-memory-request", "no-cpu-limit", "no-memory-limit"]
    ],
    ["privilege", { containers: context({ ...strict, privileged: true }) }, ["privileged"]],
    ["escalation that nobody forbids", { containers: context({ runAsNonRoot: true }) }, ["privilege-escalation"]],
    [
      "escalation that somebody allows",
      { containers: context({ ...strict, allowPrivilegeEscalation: true }) },
      ["privilege-escalation"]
    ],
    ["root by name", { containers: context({ allowPrivilegeEscalation: false, runAsUser: 0 }) }, ["run-as-root"]],
    ["another user", { containers: context({ allowPrivilegeEscalation: false, runAsUser: 1000 }) }, []],
    [
      "a user of the whole pod",
      { securityContext: { runAsUser: 1000 }, containers: context({ allowPrivilegeEscalation: false }) },
      []
    ],
    [
      "a container that says otherwise than its pod",
      {
        securityContext: { runAsNonRoot: true },
        containers: context({ allowPrivilegeEscalation: false, runAsNonRoot: false })
      },
      ["run-as-root"]
    ],
    [
      "the host's namespaces",
      { hostNetwork: true, hostPID: true, hostIPC: true, containers: [] },
      ["host-network", "host-pid", "host-ipc"]
    ],
    ["namespaces of its own", { hostNetwork: false, hostPID: null, containers: [] }, []],
    [
      "a folder of the host",
      { volumes: [{ emptyDir: {} }, { hostPath: { path: "/" } }], containers: [] },
      ["host-path"]
    ],
    ["volumes of its own", { volumes: [{ emptyDir: {} }, { hostPath: null }], containers: [] }, []],
    [
      "a container that prepares the pod",
      { initContainers: [bad()], containers: [] },
      ["privileged", "privilege-escalation", "run-as-root"]
    ]
  ])("sees %s", (_, pod, kinds) => {
    assert.deepStrictEqual(kindsOf(pod), kinds)
  })
})
