import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import { projectFields, projectRawData, stripSecrets } from "../src/runtime/projectFields.ts"

const event = {
  kind: "workload",
  pods: [
    { metadata: { name: "web-1", labels: { app: "web" } }, status: { phase: "Running" } },
    { metadata: { name: "web-2" } },
    "odd",
    { status: { phase: "Pending", "a/b~c": 1 } }
  ]
}

describe("projectFields", () => {
  it.each([
    [["/kind"], { kind: "workload" }],
    [
      ["/pods/*/status/phase"],
      { pods: [{ status: { phase: "Running" } }, {}, null, { status: { phase: "Pending" } }] }
    ],
    [["/pods/3/status/a~1b~0c"], { pods: [null, null, null, { status: { "a/b~c": 1 } }] }],
    [["/pods/0/metadata/labels/*"], { pods: [{ metadata: { labels: { app: "web" } } }, null, null, null] }],
    [
      ["/pods/0/metadata", "/pods/*/metadata/name"],
      {
        pods: [
          event.pods[0] && { metadata: { name: "web-1", labels: { app: "web" } } },
          { metadata: { name: "web-2" } },
          null,
          {}
        ]
      }
    ],
    [["/kind/deeper", "/nothing", "/pods/9"], { pods: [null, null, null, null] }],
    [[], event]
  ])("cuts to %j", (fields, expected) => {
    assert.deepStrictEqual(projectFields(event, fields), expected)
  })

  it("treats a member named like a prototype as any other", () => {
    const value = JSON.parse('{"__proto__":{"a":1},"b":2}')
    assert.strictEqual(JSON.stringify(projectFields(value, ["/__proto__/a"])), '{"__proto__":{"a":1}}')
    assert.strictEqual(JSON.stringify(projectFields(value, ["/constructor/name"])), "{}")
  })

  const escape = (name: string) => name.replaceAll("~", "~0").replaceAll("/", "~1")

  it.prop(
    "sends a member if and only if it was asked for, and changes nothing of it",
    [Schema.Record(Schema.String, Schema.Json), Schema.Array(Schema.String)],
    ([value, asked]) => {
      const names = [...asked, ...Object.keys(value).slice(0, 2)].filter((name) => name !== "*")
      if (names.length === 0) return
      const whole = stripSecrets(value) as Record<string, unknown>
      const cut = projectFields(
        value,
        names.map((name) => `/${escape(name)}`)
      ) as Record<string, unknown>
      for (const [name, member] of Object.entries(whole)) {
        if (names.includes(name)) assert.deepStrictEqual(cut[name], member)
      }
      assert.isEmpty(Object.keys(cut).filter((name) => !names.includes(name)))
    }
  )

  it.prop(
    "keeps the length and the order of a list, whatever is asked of its elements",
    [Schema.Array(Schema.Struct({ a: Schema.Json, b: Schema.Json }))],
    ([items]) => {
      const cut = projectFields({ items }, ["/items/*/a"]) as { items: ReadonlyArray<unknown> }
      assert.deepStrictEqual(
        cut.items,
        items.map(({ a }) => ({ a: stripSecrets(a) }))
      )
    }
  )

  it.prop(
    "says the same when it is asked again of what it gave",
    [Schema.Json, Schema.Array(Schema.Array(Schema.Literals(["a", "b", "*", "0"])))],
    ([value, paths]) => {
      const fields = paths.filter((path) => path.length > 0).map((path) => `/${path.join("/")}`)
      const once = projectFields(value, fields)
      assert.deepStrictEqual(projectFields(once, fields), once)
    }
  )
})

describe("Kubernetes Secrets", () => {
  const secret = {
    kind: "Secret",
    metadata: { name: "tls", annotations: { "kubectl.kubernetes.io/last-applied-configuration": "marker", team: "a" } },
    data: { "tls.crt": "certificate", "tls.key": "marker" },
    stringData: { password: "marker" },
    type: "kubernetes.io/tls"
  }
  const { kind: _, ...item } = secret

  it.each([
    ["an object", { kind: "object", resource: "secrets", change: "added", object: secret }],
    ["one that does not say what it is", { resource: "secrets", objects: [item, item] }],
    ["a list", { kind: "SecretList", items: [item] }],
    ["anywhere", { pods: [{ volumes: [{ source: secret }] }] }]
  ])("hides what is in %s, however much was asked for", (_, value) => {
    for (const fields of [[], ["/object", "/objects", "/items", "/pods"], ["/*/*", "/*"], ["/*/*/*", "/*/*/*/*/*/*"]]) {
      const text = JSON.stringify(projectFields(value, fields))
      assert.notInclude(text, "marker")
      assert.notInclude(text, "certificate")
    }
    assert.include(JSON.stringify(stripSecrets(value)), '"team":"a"')
  })

  it("hands over the entry that a field names, and no other", () => {
    const fields = ["/object/metadata/name", "/object/data/tls.crt"]
    assert.deepStrictEqual(projectFields({ resource: "secrets", object: secret }, fields), {
      object: { metadata: { name: "tls" }, data: { "tls.crt": "certificate" } }
    })
    assert.deepStrictEqual(projectFields({ object: secret }, ["/object", "/object/data/tls.crt"]), {
      object: {
        kind: "Secret",
        metadata: { name: "tls", annotations: { team: "a" } },
        data: { "tls.crt": "certificate" },
        type: "kubernetes.io/tls"
      }
    })
  })

  it("leaves the data of everything else alone", () => {
    const map = { kind: "ConfigMap", data: { a: "b" } }
    assert.deepStrictEqual(stripSecrets(map), map)
  })
})

describe("projectRawData", () => {
  const encode = (text: string) => new TextEncoder().encode(text)
  const decode = (bytes: Uint8Array | null) => (bytes === null ? null : new TextDecoder().decode(bytes))

  it("cuts the bytes, and does not touch those of which all is asked", () => {
    const raw = encode('{ "a": 1, "b": [true] }')
    assert.strictEqual(projectRawData(raw, []), raw)
    assert.strictEqual(decode(projectRawData(raw, ["/b/*"])), '{"b":[true]}')
    assert.strictEqual(decode(projectRawData(encode("5"), ["/b"])), "null")
  })

  it("finds a Secret that hides its kind behind an escape", () => {
    const raw = encode('{"kind":"\\u0053ecret","data":{"password":"marker"}}')
    assert.strictEqual(decode(projectRawData(raw, [])), '{"kind":"Secret"}')
  })

  it("sends nothing of what is no JSON once fields are named", () => {
    assert.isNull(projectRawData(encode("{oops"), ["/a"]))
    assert.isNull(projectRawData(Uint8Array.of(0xff, 0x22), ["/a"]))
  })

  it("leaves out what is nested beyond reason instead of failing", () => {
    const deep = encode(`{"kind":"Secret","list":${"[".repeat(100_000)}1${"]".repeat(100_000)}}`)
    assert.isNotNull(projectRawData(deep, []))
  })
})
