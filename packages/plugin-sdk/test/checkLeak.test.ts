import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import { verified } from "../src/author/definePlugin.ts"
import { fillTemplate } from "../src/author/fillTemplate.ts"
import type { PluginDescription, VerifiedVerdict } from "../src/contract/Verdict.ts"
import { checkLeak } from "../src/runtime/checkLeak.ts"

const plugin = (...templates: ReadonlyArray<string>): PluginDescription => ({
  plugin_id: "farmops/test",
  version: "1.0.0",
  description: "For tests.",
  categories: ["toil"],
  sources: [{ source_type: "test", permissions: ["read"], fields: [] }],
  description_templates: templates,
  subcategories: ["known"],
  protocol_versions: [1],
  capabilities: [],
  wanted_limits: { memory_mib: null, call_ms: null, cpu_percent: null },
  configuration_schema: null
})

const saying = (description: string, changes: Partial<VerifiedVerdict> = {}): VerifiedVerdict => {
  const verdict = verified({
    action: "fix",
    category: "toil",
    description,
    complexity: "low",
    impactRadius: 1,
    artifactsTouched: 1,
    evidence: null
  })
  if (verdict.verdict !== "verified") throw new Error("not verified")
  return { ...verdict, ...changes }
}

const raw = (data: unknown) => new TextEncoder().encode(JSON.stringify(data))
const nothing = raw(null)
const withTemplates = plugin("Checked {pods} pods (+{added} -{deleted} lines)", "Did it")

describe("LeakGuard with templates", () => {
  it.each(["Checked 52 pods (+0 -1 lines)", "Checked 999999999999 pods (+0 -0 lines)", "Did it"])(
    "lets %j pass",
    (description) => {
      assert.isNull(checkLeak(withTemplates, saying(description), nothing))
    }
  )

  it.each([
    "Checked prod-db pods (+0 -1 lines)",
    "Checked 52 pods (+0 -1 lines) on prod-db",
    "prod-db: Checked 52 pods (+0 -1 lines)",
    "Checked 052 pods (+0 -1 lines)",
    "Checked -1 pods (+0 -1 lines)",
    "Checked 1.5 pods (+0 -1 lines)",
    "Checked 1234567890123 pods (+0 -1 lines)",
    "Checked ٥ pods (+0 -1 lines)",
    "Checked {pods} pods (+0 -1 lines)",
    "checked 52 pods (+0 -1 lines)",
    "Did it\n",
    "Did it\nprod-db",
    "Did  it",
    ""
  ])("keeps back %j", (description) => {
    assert.strictEqual(checkLeak(withTemplates, saying(description), nothing), "description_not_a_template")
  })

  it("takes a template's own signs as they are", () => {
    const odd = plugin("a.c [x] {n}? (y|z) ^$ \\d")
    assert.isNull(checkLeak(odd, saying("a.c [x] 1? (y|z) ^$ \\d"), nothing))
    assert.isNotNull(checkLeak(odd, saying("abc [x] 1? (y|z) ^$ \\d"), nothing))
    assert.isNotNull(checkLeak(odd, saying("a.c x 1 y ^$ 5"), nothing))
  })

  it.prop(
    "lets pass exactly what fillTemplate makes of whole numbers",
    [Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 999_999_999_999 })), Schema.String],
    ([pods, text]) => {
      const description = fillTemplate("Checked {pods} pods (+{added} -{deleted} lines)", {
        pods,
        added: 1,
        deleted: 0
      })
      assert.isNull(checkLeak(withTemplates, saying(description), nothing))
      const other = description.replace(String(pods), text)
      const isNumber = /^(0|[1-9][0-9]{0,11})$/.test(text)
      assert.strictEqual(checkLeak(withTemplates, saying(other), nothing) === null, isNumber)
    }
  )
})

describe("LeakGuard without templates", () => {
  const bare = plugin()

  it("keeps back a description with an identifier of the raw data, however it is written there", () => {
    const data = raw({ items: [{ name: "web-frontend-7d9f" }], "db.internal": 1 })
    for (const description of ["Checked Frontend", "checked 7D9F.", "Checked ｗｅｂ", "Checked db", "internal ok"]) {
      assert.strictEqual(checkLeak(bare, saying(description), data), "description_names_something")
    }
    assert.isNull(checkLeak(bare, saying("Checked 3 pods"), data))
  })

  it.each([
    ["10.0.0.7", "Drained 10.0.0.7"],
    ["1.2.3.4", "Checked (1.2.3.4)"],
    ["1.2.3.4:80", "Checked 1.2.3.4"],
    ["fe80::1", "Checked fe80::1"],
    ["kube-system", "Checked kube-system"],
    ["kube-system", "Checked kube system"],
    ["KUBE-system", "Checked Kube-System"],
    ["ann.b@example.org", "Ann did it"],
    ["a@b.c", "Done by a@b.c"],
    ["/srv/app/x.env", "Changed /srv/app/x.env"],
    ["/a/b/c", "Changed b/c"],
    ["db.internal.example", "Restarted db.internal.example"],
    ["db-1", "Restarted db-1."],
    ["https://u:p@h/x?y=1", "Asked h/x"]
  ])("with %j in the raw data %j names something", (name, description) => {
    const data = raw({ seen: [name] })
    assert.strictEqual(checkLeak(bare, saying(description), data), "description_names_something")
  })

  it("lets pass what only looks like a part of a name", () => {
    const data = raw({ address: "1.2.3.45", path: "/a/bc", name: "prodigy", "x-y": 521, text: "script test ring" })
    for (const description of [
      "At 1.2.3.4",
      "At 2.3.4",
      "In a/b",
      "On prod",
      "Checked 52 pods",
      "A 1 B 2",
      "A description"
    ]) {
      assert.isNull(checkLeak(bare, saying(description), data), description)
    }
    assert.isNotNull(checkLeak(bare, saying("Set x-y"), data), "keys are names too")
  })

  it.each([
    [5432, "Fixed 5432"],
    [1234567, "Fixed 1,234,567"],
    ["10.20.30.40", "Fixed 10 20 30 40"],
    ["payments", "Fixed paym\u200bents"],
    ["payments", "Fixed payments\u0301"],
    ["payments", "Fixed paym\u0435nts"],
    ["PAYMENTS", "Fixed \u0440\u0430\u0443ments"],
    ["платежи", "Fixed ПЛАТЕЖИ"],
    ["ΟΔΟΣ", "Fixed οδος"],
    ["payments", "Fixed pay ments"],
    ["payments", "Fixed p.a.y.m.e.n.t.s"],
    ["payments-prod", "Fixed paymentsprod"],
    ["web-6f7d", "Fixed web6f7d"],
    ["\u00dcnal", "Fixed unal"],
    ["42", "Fixed \u0664\u0662"],
    ["\u751f\u4ea7\u6570\u636e\u5e93", "Fixed \u751f\u4ea7"],
    ["\u751f\u4ea7", "\u4fee\u590d\u751f\u4ea7\u6570\u636e"]
  ])("with %j in the raw data %j names it in another form", (name, description) => {
    assert.strictEqual(checkLeak(bare, saying(description), raw({ seen: name })), "description_names_something")
  })

  it("cannot tell a name that is put into a code, as its contract says", () => {
    const data = raw({ seen: "payments" })
    for (const description of ["Fixed stnemyap", "Fixed cGF5bWVudHM", "Fixed 7061796d656e7473"]) {
      assert.isNull(checkLeak(bare, saying(description), data), description)
    }
  })

  it.each(["a", "a-", "-", "é", "é-", "a "])(
    "takes a time that grows with the raw data alone, for %j over and over",
    (text) => {
      const before = performance.now()
      assert.isNull(checkLeak(bare, saying(`Checked it ${"again and ".repeat(48)}`), raw(text.repeat(400_000))))
      // Some ten milliseconds; squared, it would be minutes.
      assert.isBelow(performance.now() - before, 10_000)
    }
  )

  it("takes no subcategory of a plugin that publishes none", () => {
    const silent = { ...bare, subcategories: [] }
    assert.isNull(checkLeak(silent, saying("Did it"), nothing))
    const said = saying("Did it", { subcategory: "tidy" })
    assert.strictEqual(checkLeak(silent, said, nothing), "subcategory_not_published")
  })

  it("looks at raw data that is no JSON, and at JSON of any depth", () => {
    assert.isNotNull(checkLeak(bare, saying("Checked frontend"), new TextEncoder().encode("{frontend")))
    const deep = new TextEncoder().encode(`${"[".repeat(100_000)}"frontend"${"]".repeat(100_000)}`)
    assert.isNotNull(checkLeak(bare, saying("Checked frontend"), deep))
  })

  it.prop("keeps back every whole word of the raw data", [Schema.Array(Schema.String)], ([words]) => {
    const data = raw({ words })
    for (const word of words) {
      const visible = word.normalize("NFKC").replace(/\p{Default_Ignorable_Code_Point}/gu, "")
      const tokens = visible.toLowerCase().match(/[\p{L}\p{N}]{2,}/gu) ?? []
      for (const token of tokens) {
        assert.isNotNull(checkLeak(bare, saying(`Fixed "${token}" today`), data), token)
      }
    }
  })
})

describe("LeakGuard", () => {
  it("keeps back categories and subcategories that the plugin did not publish", () => {
    assert.isNull(checkLeak(withTemplates, saying("Did it", { subcategory: "known" }), nothing))
    assert.strictEqual(
      checkLeak(withTemplates, saying("Did it", { subcategory: "prod-db" }), nothing),
      "subcategory_not_published"
    )
    assert.strictEqual(
      checkLeak(withTemplates, saying("Did it", { category: "incident" }), nothing),
      "category_not_published"
    )
  })
})

describe("fillTemplate", () => {
  it.each([{}, { n: -1 }, { n: 1.5 }, { n: Number.NaN }, { n: 2 ** 53 }])("refuses %j", (numbers) => {
    assert.throws(() => fillTemplate("{n} pods", numbers), RangeError)
  })
})
