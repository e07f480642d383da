import { readFileSync } from "node:fs"
import { describe, expect, it } from "@effect/vitest"
import { Result, Runtime, Schema } from "effect"
import { exitCodes } from "../src/host/exitCodes.ts"
import { defaultRules, Rules, ruleLimits, rulesHash } from "../src/scoring/Rules.ts"
import { readRules, rulesFileLengthMax } from "../src/scoring/RulesFile.ts"
import { describeRules, diffRules, ruleSettings } from "../src/scoring/ruleSettings.ts"

const rulesOf = (text: string): Rules => Result.getOrThrow(readRules(text, "rules.yaml")).rules
const questions = (text: string) => Result.getOrThrow(readRules(text, "rules.yaml")).warnings.map(({ path }) => path)
const invalid = (text: string) => {
  const read = readRules(text, "rules.yaml")
  if (Result.isSuccess(read)) throw new Error("the text was taken")
  return read.failure
}
const faultsOf = (text: string) => invalid(text).faults

describe("a rules file", () => {
  it.each(["", "# nothing yet\n", "---\n", "null\n", "{}", "format: farmops/rules/1\n"])(
    "is the default rules as %j",
    (text) => {
      expect(rulesHash(rulesOf(text))).toBe(rulesHash(defaultRules))
    }
  )

  it("changes what it names and nothing else, inside its groups too", () => {
    const text = "base_coins: { toil: 16 } # more\ncomplexity:\n  high: 2000\ndaily_ceiling: off\nrest_days: []\n"
    expect(rulesOf(text)).toEqual({
      ...defaultRules,
      base_coins: { ...defaultRules.base_coins, toil: 16 },
      complexity: { ...defaultRules.complexity, high: 2000 },
      daily_ceiling: null,
      rest_days: []
    })
  })

  it("has one hash for one meaning", () => {
    expect(rulesHash(rulesOf("rest_days: [sunday, saturday]\nfreezes_max: 2"))).toBe(rulesHash(defaultRules))
    expect(rulesHash(rulesOf("daily_ceiling: -0"))).toBe(rulesHash(rulesOf("daily_ceiling: 0")))
    expect(rulesHash(rulesOf("fatigue_free: null"))).toBe(rulesHash(rulesOf("fatigue_free: off")))
  })

  it("is told all its faults at once, each with its line, what was found and what was expected", () => {
    const text = [
      "# ours",
      "daily_cieling: 700",
      "base_coins:",
      "  tol: 3",
      "  toil: x",
      "  security: -1",
      "  incident: 2.5",
      "rest_days: [sunday, funday]",
      "freezes_max:",
      "streak: 3"
    ].join("\n")
    expect(faultsOf(text)).toMatchObject([
      {
        line: 2,
        path: "daily_cieling",
        found: "the unknown key daily_cieling",
        expected: "a known setting, perhaps daily_ceiling"
      },
      { line: 4, path: "base_coins.tol", expected: "a known setting, perhaps toil" },
      { line: 5, column: 3, path: "base_coins.toil", found: '"x"', expected: "a whole number from 0 to 10000" },
      { line: 6, path: "base_coins.security", found: "-1" },
      { line: 7, path: "base_coins.incident", found: "2.5" },
      {
        line: 8,
        column: 21,
        path: "rest_days[1]",
        found: '"funday"',
        expected: expect.stringContaining("one of sunday")
      },
      { line: 9, path: "freezes_max", found: "no value", expected: "a whole number from 0 to 100" },
      { line: 10, path: "streak", expected: expect.stringContaining("one of format, base_coins") }
    ])
    const error = invalid(text)
    expect(error.message.split("\n")[2]).toBe(
      'rules.yaml:5:3: base_coins.toil: expected a whole number from 0 to 10000, found "x"'
    )
    expect(error[Runtime.errorExitCode]).toBe(exitCodes.config)
  })

  it.each<[string, string, object]>([
    [
      "a key without a value, which is not off",
      "a: 1\ndaily_ceiling:\n",
      { line: 2, path: "daily_ceiling", found: "no value" }
    ],
    ["a group without a value", "a: 1\nbase_coins:\n", { line: 2, path: "base_coins", found: "no value" }],
    ["a number in place of a group", "a: 1\ncomplexity: 3\n", { line: 2, path: "complexity", found: "3" }],
    ["a group in place of a number", "a: 1\nupgrade_max: {}\n", { line: 2, found: "a group of settings" }],
    ["off for what cannot be off", "a: 1\nfreezes_max: off\n", { line: 2, path: "freezes_max", found: '"off"' }],
    ["a format of another version", "a: 1\nformat: farmops/rules/2\n", { line: 2, expected: "farmops/rules/1" }],
    ["one day twice", "a: 1\nrest_days: [sunday, sunday]\n", { line: 2, path: "rest_days", found: "a list of 2" }],
    ["easier work that pays more", "a: 1\ncomplexity: { low: 1300 }\n", { line: 2, found: "1300, 1250, 1500" }],
    ["a number that is none", "a: 1\nimpact_bonus: .nan\n", { line: 2, path: "impact_bonus", found: "NaN" }],
    ["a key of the language's own", "a: 1\n__proto__: { toil: 3 }\n", { line: 2, path: "__proto__" }]
  ])("is refused with %s", (_, text, fault) => {
    expect(faultsOf(text)).toHaveLength(2)
    expect(faultsOf(text)[1]).toMatchObject(fault)
  })

  it.each<[string, string, object]>([
    ["a key twice", "daily_ceiling: 1\ndaily_ceiling: 2\n", { line: 2, found: "Map keys must be unique" }],
    ["two documents", "freezes_max: 1\n---\nfreezes_max: 2\n", { line: 2 }],
    ["a list", "- 1\n", { line: 1, found: "something else" }],
    ["a tag of a program", "freezes_max: !!js/function 'x'\n", { line: 1, column: 14 }],
    ["a key of parts", "? [a]\n: 1\n", { line: 1, found: "a key of parts" }],
    ["an alias", "base_coins: &a { toil: 1 }\ncomplexity: *a\n", { line: 2, found: "the alias *a" }]
  ])("is no YAML of ours with %s", (_, text, fault) => {
    expect(faultsOf(text)).toMatchObject([fault])
  })

  it("cannot blow up: not by aliases, depth, length or number of faults", () => {
    const laughs = [
      "a: &a [x]",
      ...[..."bcdefghij"].map((name, at) => `${name}: &${name} [${"*abcdefghi"[at + 1]}, *a]`)
    ]
    expect(faultsOf(laughs.join("\n").replaceAll(", ", ",")).length).toBeGreaterThan(0)
    for (const depth of [500, 2000, 8000]) {
      expect(faultsOf(`upgrade_max: ${"[".repeat(depth)}${"]".repeat(depth)}`).length).toBeGreaterThan(0)
      expect(faultsOf(`upgrade_max: ${"[".repeat(depth)}`).length).toBeGreaterThan(0)
    }
    expect(faultsOf("#".repeat(rulesFileLengthMax + 1))).toMatchObject([{ found: expect.stringContaining("16384") }])
    expect(rulesOf("#".repeat(rulesFileLengthMax))).toEqual(defaultRules)
    expect(faultsOf(Array.from({ length: 900 }, (_, at) => `k${at}: 1`).join("\n"))).toHaveLength(50)
  })

  it("is asked about what is valid and can hardly be meant, of what it says itself", () => {
    expect(questions("freezes_max: 0")).toEqual([])
    expect(questions("freezes_max: 0\nfreeze_every_days: 7")).toEqual(["freeze_every_days"])
    expect(questions("freeze_every_days: off")).toEqual([])
    expect(questions("freeze_every_days: off\nfreezes_max: 2")).toEqual(["freezes_max"])
    expect(questions("daily_ceiling: 0")).toEqual(["daily_ceiling"])
    expect(questions("daily_ceiling: off\nfatigue_free: off")).toEqual(["daily_ceiling"])
    expect(questions("rest_days: [monday, tuesday, wednesday, thursday, friday, saturday, sunday]")).toEqual([
      "rest_days"
    ])
  })

  it.prop("gives back any rules that were written down as JSON", { rules: Rules }, ({ rules }) => {
    const read = rulesOf(JSON.stringify(rules))
    expect(diffRules(read, { ...rules, rest_days: read.rest_days })).toEqual([])
    expect(new Set(read.rest_days)).toEqual(new Set(rules.rest_days))
  })

  it.prop("never throws, whatever the text", { text: Schema.String }, ({ text }) => {
    const read = readRules(text, "rules.yaml")
    expect(Result.isSuccess(read) || read.failure.faults.length > 0).toBe(true)
  })

  it("of the examples is one", () => {
    const file = new URL("../../../examples/rules/farmops-rules.yaml", import.meta.url)
    expect(diffRules(defaultRules, rulesOf(readFileSync(file, "utf8"))).map(({ path }) => path)).toEqual([
      "base_coins.security",
      "rest_days",
      "freeze_every_days"
    ])
  })
})

describe("the words for rules", () => {
  it("name every setting of the rules", () => {
    const paths = Object.entries(defaultRules).flatMap(([key, value]) =>
      typeof value === "object" && value !== null && !Array.isArray(value)
        ? Object.keys(value).map((inner) => `${key}.${inner}`)
        : [key]
    )
    expect(["format", ...ruleSettings.map(({ path }) => path.join("."))].toSorted()).toEqual(paths.toSorted())
  })

  it("promise just the numbers that the rules take", () => {
    const accepts = (path: ReadonlyArray<string>, value: number) => {
      const [name = "", inner] = path
      return Result.isSuccess(readRules(`${name}: ${inner === undefined ? value : `{ ${inner}: ${value} }`}`, ""))
    }
    // A factor alone would be out of order with the others.
    const numeric = ruleSettings.filter(({ path }) => path[0] !== "rest_days" && path[0] !== "complexity")
    for (const { expected, path } of numeric) {
      const [, minimum = "", maximum = ""] = /from (\d+) to (\d+)/.exec(expected) ?? []
      const tried = [-1, 0, 1].flatMap((by) => [Number(minimum) + by, Number(maximum) + by])
      expect(tried.filter((value) => accepts(path, value))).toEqual(
        tried.filter((value) => value >= Number(minimum) && value <= Number(maximum))
      )
    }
    expect(numeric.length).toBeGreaterThan(10)
  })

  it("are a table with the hash below", () => {
    const lines = describeRules({ ...defaultRules, fatigue_free: null }).split("\n")
    expect(lines[0]).toMatch(/^setting +value +meaning$/)
    expect(lines).toContainEqual(expect.stringMatching(/^complexity\.medium +× 1\.25 +for work of medium complexity$/))
    expect(lines).toContainEqual(expect.stringMatching(/^impact_bonus +up to × 2\.0 /))
    expect(lines).toContainEqual(expect.stringMatching(/^fatigue_free +off /))
    expect(lines.at(-1)).toBe(`hash ${rulesHash({ ...defaultRules, fatigue_free: null })}`)
  })

  it("tell two sets of rules apart, setting by setting", () => {
    const changed: Rules = { ...defaultRules, daily_ceiling: null, rest_days: [], streak_bonus: 250 }
    expect(diffRules(defaultRules, changed)).toEqual([
      { path: "streak_bonus", before: "up to × 1.5", after: "up to × 1.25" },
      { path: "daily_ceiling", before: "600", after: "off" },
      { path: "rest_days", before: "saturday, sunday", after: "none" }
    ])
    expect(diffRules(changed, { ...changed })).toEqual([])
  })

  it("know no limit below which a product is not exact", () => {
    const most = ruleLimits.coins.maximum * 10 * 11 * 11 * 10
    expect(Number.isSafeInteger(most)).toBe(true)
  })
})
