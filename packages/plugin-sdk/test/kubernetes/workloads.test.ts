import { assert, describe, it } from "@effect/vitest"
import { makeWorkloadTable } from "../../src/sources/kubernetes/WorkloadTable.ts"
import type { KeptObject } from "../../src/sources/kubernetes/watchResource.ts"
import { workloadOf } from "../../src/sources/kubernetes/workloadOf.ts"

const pod = (owner: { kind: string; name: string; controller?: boolean } | null, hash?: string) => ({
  metadata: {
    name: "shop-7d9f-xyz",
    namespace: "prod",
    labels: hash === undefined ? {} : { "pod-template-hash": hash },
    ...(owner !== null && { ownerReferences: [{ controller: true, ...owner }] })
  }
})

describe("the workload of a pod", () => {
  it.each([
    ["the Deployment of its ReplicaSet", pod({ kind: "ReplicaSet", name: "shop-7d9f" }, "7d9f"), "Deployment", "shop"],
    ["a ReplicaSet that nobody owns", pod({ kind: "ReplicaSet", name: "shop" }), "ReplicaSet", "shop"],
    ["a ReplicaSet of another name", pod({ kind: "ReplicaSet", name: "shop-7d9f" }, "aaaa"), "ReplicaSet", "shop-7d9f"],
    [
      "a ReplicaSet that is called as the hash",
      pod({ kind: "ReplicaSet", name: "-7d9f" }, "7d9f"),
      "ReplicaSet",
      "-7d9f"
    ],
    ["a StatefulSet", pod({ kind: "StatefulSet", name: "db" }), "StatefulSet", "db"],
    ["a DaemonSet", pod({ kind: "DaemonSet", name: "log" }), "DaemonSet", "log"],
    ["a Job", pod({ kind: "Job", name: "backup-1" }), "Job", "backup-1"],
    ["itself without an owner", pod(null), "Pod", "shop-7d9f-xyz"],
    ["itself where no owner controls it", pod({ kind: "Job", name: "j", controller: false }), "Pod", "shop-7d9f-xyz"],
    ["itself where its node runs it", pod({ kind: "Node", name: "node-1" }), "Pod", "shop-7d9f-xyz"]
  ])("is %s", (_, object, kind, name) => {
    assert.deepStrictEqual(workloadOf(object), { kind, namespace: "prod", name })
  })
})

describe("the table of workloads", () => {
  const kept = (uid: string): KeptObject => ({
    uid,
    version: "1",
    namespace: "prod",
    name: uid,
    kept: "{}",
    owner: null
  })
  const shop = { kind: "Deployment", namespace: "prod", name: "shop" }
  const lone = { kind: "Pod", namespace: "prod", name: "a" }

  it("names both workloads of a pod that changes hands", () => {
    const table = makeWorkloadTable()
    const [first = ""] = table.apply("added", kept("a"), lone)
    const both = table.apply("modified", kept("a"), shop)
    assert.lengthOf(both, 2)
    assert.deepStrictEqual(table.get(first)?.pods, [])
    assert.deepStrictEqual(table.get(both[1] ?? "")?.workload, shop)
  })

  it("forgets a workload only once it has no pods", () => {
    const table = makeWorkloadTable()
    const [key = ""] = table.apply("added", kept("a"), shop)
    table.prune(key)
    assert.lengthOf(table.get(key)?.pods ?? [], 1)
    table.apply("deleted", kept("a"), shop)
    assert.lengthOf(table.get(key)?.pods ?? [kept("b")], 0)
    table.prune(key)
    assert.isNull(table.get(key))
    assert.deepStrictEqual(table.apply("deleted", kept("a"), shop), [])
  })
})
