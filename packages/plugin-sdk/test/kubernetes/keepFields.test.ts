import { assert, describe, it } from "@effect/vitest"
import { compileFields, fieldsOfPlugins, keepFields } from "../../src/sources/kubernetes/keepFields.ts"

const lastApplied = "kubectl.kubernetes.io/last-applied-configuration"

const pod = {
  kind: "Pod",
  apiVersion: "v1",
  metadata: {
    name: "shop",
    labels: { "pod-template-hash": "abc", "a/b": "slash", "a~b": "tilde" },
    annotations: { [lastApplied]: "{}", note: "kept" },
    managedFields: [{ manager: "kubectl" }]
  },
  spec: {
    containers: [
      { name: "main", image: "x", env: [{ name: "PASSWORD", value: "secret" }] },
      { name: "side", image: "y" }
    ]
  },
  status: { phase: "Running", conditions: null }
}
const secret = {
  metadata: { name: "certificate", annotations: { [lastApplied]: '{"data":{}}', note: "kept" } },
  type: "kubernetes.io/tls",
  data: { "tls.crt": "cHVibGlj", "tls.key": "cHJpdmF0ZQ==" },
  stringData: { "tls.key": "private" }
}

const keep = (object: Readonly<Record<string, unknown>>, pointers: ReadonlyArray<string>) =>
  keepFields(object, compileFields(pointers), { isSecret: false, approved: [] })
const keepSecret = (pointers: ReadonlyArray<string>, approved: ReadonlyArray<string>) =>
  keepFields(secret, compileFields(pointers), { isSecret: true, approved })

describe("the fields of an object that are kept", () => {
  it.each([
    ["a value", ["/status/phase"], { status: { phase: "Running" } }],
    [
      "a value of each element",
      ["/spec/containers/*/name"],
      { spec: { containers: [{ name: "main" }, { name: "side" }] } }
    ],
    ["a whole part", ["/metadata/labels"], { metadata: { labels: pod.metadata.labels } }],
    ["a part and something in it", ["/status", "/status/phase"], { status: pod.status }],
    [
      "escaped names",
      ["/metadata/labels/a~1b", "/metadata/labels/a~0b"],
      { metadata: { labels: { "a/b": "slash", "a~b": "tilde" } } }
    ],
    ["nothing where there is none", ["/status/podIP"], { status: {} }],
    ["null as it is", ["/status/conditions"], { status: { conditions: null } }],
    [
      "places of elements that lack it",
      ["/spec/containers/*/env/*/name"],
      { spec: { containers: [{ env: [{ name: "PASSWORD" }] }, {}] } }
    ]
  ])("are %s", (_, pointers, expected) => {
    assert.deepStrictEqual(keep(pod, pointers), expected)
  })

  it("are everything but what the server repeats, where none are named, however the object came", () => {
    const { kind: _kind, apiVersion: _version, ...listed } = pod
    const expected = {
      metadata: { name: "shop", labels: pod.metadata.labels, annotations: { note: "kept" } },
      spec: pod.spec,
      status: pod.status
    }
    assert.deepStrictEqual(keep(pod, []), expected)
    assert.strictEqual(JSON.stringify(keep(pod, [])), JSON.stringify(keep(listed, [])))
  })

  it("do not make a name of the prototype into anything", () => {
    const odd: Readonly<Record<string, unknown>> = JSON.parse('{"__proto__":{"polluted":true},"constructor":1}')
    const kept = keep(odd, ["/__proto__/polluted", "/constructor"])
    assert.strictEqual(JSON.stringify(kept), '{"__proto__":{"polluted":true},"constructor":1}')
    assert.isUndefined(Reflect.get({}, "polluted"))
  })
})

describe("a Secret's data", () => {
  it.each([
    ["where nothing is named", [], []],
    ["where all of it is asked for", ["/data", "/stringData", "/metadata"], []],
    ["where each is asked for", ["/data/*", "/data/tls.key", "/stringData/tls.key"], []],
    ["where the whole of it is approved", ["/data"], ["/data", "/data/*", "/*/tls.key", ""]]
  ])("is not kept %s", (_, pointers, approved) => {
    const text = JSON.stringify(keepSecret(pointers, approved))
    for (const hidden of ["cHVibGlj", "cHJpdmF0ZQ", "private", "last-applied"]) assert.notInclude(text, hidden)
  })

  it("is kept by the key that was approved, and only where it is asked for as well", () => {
    assert.deepStrictEqual(keepSecret(["/data"], ["/data/tls.crt"]), { data: { "tls.crt": "cHVibGlj" } })
    assert.deepStrictEqual(keepSecret(["/type"], ["/data/tls.crt"]), { type: "kubernetes.io/tls" })
    assert.deepStrictEqual(keepSecret([], ["/data/tls.crt"]), {
      metadata: { name: "certificate", annotations: { note: "kept" } },
      type: "kubernetes.io/tls",
      data: { "tls.crt": "cHVibGlj" }
    })
  })
})

describe("what plugins ask of an object", () => {
  it("is what they name below pods, object and objects", () => {
    const asked = fieldsOfPlugins([
      ["/kind", "/workload/name", "/pods/*/status/phase", "/objects/*/status/phase"],
      ["/object/spec/replicas", "/pods/0/metadata/name"]
    ])
    assert.deepStrictEqual(asked, ["/metadata/name", "/spec/replicas", "/status/phase"])
  })

  it("is no more than an id where they ask nothing of it", () => {
    for (const asked of [[], [["/kind", "/workload/name"]]])
      assert.deepStrictEqual(fieldsOfPlugins(asked), ["/metadata/uid"])
  })

  it.each([
    ["names no fields", []],
    ["asks for the event whole", [""]],
    ["asks for the pods whole", ["/pods"]],
    ["asks for each object whole", ["/objects/*"]]
  ])("is everything where one of them %s", (_, pointers) => {
    assert.deepStrictEqual(fieldsOfPlugins([["/pods/*/status/phase"], pointers]), [])
  })
})
