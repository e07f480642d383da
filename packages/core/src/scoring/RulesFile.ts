/**
 * Reads the rules that a person wrote down as YAML. Every setting may be left out and is then the default one. A file with
 * faults gives all of them, each with its line, and no rules.
 */
import { Result, Schema, SchemaIssue } from "effect"
import { isMap, isNode, isScalar, visit } from "yaml"
import { offsetOf, parseYaml, showPath, type YamlSource } from "../config/YamlSource.ts"
import { weekdays } from "./farmDay.ts"
import { nearestWord } from "./nearestWord.ts"
import { defaultRules, Rules } from "./Rules.ts"
import { type RulesFault, RulesInvalid } from "./RulesInvalid.ts"
import { questionsOf } from "./ruleQuestions.ts"
import { ruleSettings } from "./ruleSettings.ts"

/** Rules with a comment on every line are a tenth of this; anything longer is the wrong file. */
export const rulesFileLengthMax = 16_384

/** Faults that are told at once; nobody mends more before the next try. */
const faultsMax = 50

/** Rules that can be used, and what in them may not be meant. */
export interface RulesRead {
  readonly rules: Rules
  readonly warnings: ReadonlyArray<RulesFault>
}

type Path = ReadonlyArray<PropertyKey>
type Plain = Readonly<Record<string, unknown>>

const isPlain = (value: unknown): value is Plain => typeof value === "object" && value !== null && !Array.isArray(value)

const foundMax = 60

const showFound = (value: unknown): string => {
  if (value === undefined) return "nothing"
  if (Array.isArray(value)) return value.length === 0 ? "an empty list" : `a list of ${value.length}`
  if (isPlain(value)) return "a group of settings"
  const text = typeof value === "string" ? JSON.stringify(value) : String(value)
  return text.length > foundMax ? `${text.slice(0, foundMax)}…` : text
}

const faultAtOffset = (source: YamlSource, offset: number, path: Path, found: string, expected: string): RulesFault => {
  const { col, line } = source.lines.linePos(offset)
  return { line: Math.max(line, 1), column: Math.max(col, 1), path: showPath(path), found, expected }
}

const faultAt = (source: YamlSource, path: Path, found: string, expected: string): RulesFault =>
  faultAtOffset(source, offsetOf(source, path), path, found, expected)

/** Faults of the text as YAML, and of what YAML has and rules have no use for. */
const textFaults = (source: YamlSource): ReadonlyArray<RulesFault> => {
  const { contents, errors, warnings } = source.document
  const faults = [...errors, ...warnings].map(({ message, pos }) => {
    const said = (message.split("\n")[0] ?? "").replace(/ at line .*$/, "")
    return faultAtOffset(source, pos[0], [], said, "YAML")
  })
  visit(source.document, {
    Alias: (_, { range, source: name }) => {
      faults.push(faultAtOffset(source, range?.[0] ?? 0, [], `the alias *${name}`, "the value itself"))
    },
    Pair: (_, { key }) => {
      if (isScalar(key)) return
      faults.push(faultAtOffset(source, isNode(key) ? (key.range?.[0] ?? 0) : 0, [], "a key of parts", "a plain key"))
    }
  })
  if (contents !== null && !isMap(contents) && !(isScalar(contents) && contents.value === null)) {
    faults.push(faultAt(source, [], "something else", "settings, each on a line such as `daily_ceiling: 600`"))
  }
  return faults
}

/** Keys without a value: YAML reads `null` there, and a setting would be off without anybody having said so. */
const emptyFaults = (source: YamlSource): ReadonlyArray<RulesFault> =>
  [...ruleSettings.map(({ path }) => path), ["format"], ["base_coins"], ["complexity"]].flatMap((path) => {
    const node = source.document.getIn(path, true)
    return isScalar(node) && node.value === null && (node.source ?? "") === ""
      ? [faultAt(source, path, "no value", expectedAt(path))]
      : []
  })

const groups: Plain = { base_coins: defaultRules.base_coins, complexity: defaultRules.complexity }

const valueAt = (value: unknown, path: Path): unknown =>
  path.reduce<unknown>((part, key) => (part as Record<PropertyKey, unknown> | undefined | null)?.[key], value)

/** What the person wrote, with the words of ours read and the settings of a group that were left out filled in. */
const withDefaults = (given: Plain): Plain => {
  const filled: Record<string, unknown> = { ...defaultRules, ...given }
  for (const [name, group] of Object.entries(groups)) {
    if (isPlain(given[name])) filled[name] = { ...(group as Plain), ...given[name] }
  }
  for (const { canBeOff, path } of ruleSettings) {
    const [name = ""] = path
    if (canBeOff && filled[name] === "off") filled[name] = null
  }
  return filled
}

const expectedAt = (path: Path): string => {
  if (path.length === 2 && path[0] === "rest_days") return `one of ${weekdays.join(", ")}`
  const setting = ruleSettings.find((one) => one.path.every((key, at) => key === path[at]))
  if (setting !== undefined) return setting.expected
  const name = String(path[0] ?? "")
  if (name === "format") return defaultRules.format
  return name in groups ? `${Object.keys(groups[name] as Plain).join(", ")}, each with a number` : "a known setting"
}

const unknownKey = (path: Path): string => {
  const group = groups[String(path[0])]
  const known = Object.keys(path.length > 1 && isPlain(group) ? group : defaultRules)
  const near = nearestWord(String(path.at(-1)), known)
  return near === null ? `one of ${known.join(", ")}` : `a known setting, perhaps ${near}`
}

const unexpected = "unexpected"

const formatIssue = SchemaIssue.makeFormatterStandardSchemaV1({
  leafHook: (issue) => (issue._tag === "UnexpectedKey" ? unexpected : "")
})

const decodeRules = Schema.decodeUnknownResult(Rules)

/** Faults of the settings, in the order of their lines. */
const settingFaults = (source: YamlSource, given: Plain, error: Schema.SchemaError): ReadonlyArray<RulesFault> =>
  formatIssue(error.issue).issues.map(({ message, path: parts = [] }) => {
    const path = parts.map((part) => (typeof part === "object" ? part.key : part))
    if (message === unexpected) return faultAt(source, path, `the unknown key ${String(path.at(-1))}`, unknownKey(path))
    const found = valueAt(given, path)
    const isOrder = path.length === 1 && path[0] === "complexity" && isPlain(found)
    if (!isOrder) return faultAt(source, path, showFound(found), expectedAt(path))
    const { high, low, medium } = withDefaults(given).complexity as Plain
    return faultAt(source, path, `${low}, ${medium}, ${high}`, "low ≤ medium ≤ high: harder work never pays less")
  })

/** One order of days, so that rules that mean the same have one hash. */
const tidy = (rules: Rules): Rules => ({
  ...rules,
  rest_days: defaultOrder.filter((day) => rules.rest_days.includes(day))
})

// Monday first, as the default rest days stand.
const defaultOrder = [...weekdays.slice(1), weekdays[0]]

const byPlace = (a: RulesFault, b: RulesFault): number => a.line - b.line || a.column - b.column

/** In the order of the file, the first of each place: the others follow from it. */
const tidyFaults = (faults: ReadonlyArray<RulesFault>): ReadonlyArray<RulesFault> => {
  const sorted = faults.toSorted(byPlace)
  const isFirst = (fault: RulesFault, at: number) => at === 0 || byPlace(sorted[at - 1] ?? fault, fault) !== 0
  return sorted.filter(isFirst).slice(0, faultsMax)
}

interface ParsedRules {
  readonly source: YamlSource
  readonly given: Plain
}

const parse = (file: string, text: string): ParsedRules | ReadonlyArray<RulesFault> => {
  const whole = (found: string) => [{ line: 1, column: 1, path: "", found, expected: "a file of rules" }]
  if (text.length > rulesFileLengthMax) return whole(`more than ${rulesFileLengthMax} characters`)
  try {
    const source = parseYaml(file, text)
    const faults = textFaults(source)
    if (faults.length > 0) return faults
    const given: unknown = source.document.toJS({ maxAliasCount: 0 })
    return { source, given: isPlain(given) ? given : {} }
  } catch {
    // The parser calls itself for each level.
    return whole("parts within parts, too deep to read")
  }
}

/** Reads the text of a rules file; `file` is only what complaints call it. */
export const readRules = (text: string, file: string): Result.Result<RulesRead, RulesInvalid> => {
  const invalid = (faults: ReadonlyArray<RulesFault>) =>
    Result.fail(new RulesInvalid({ file, faults: tidyFaults(faults) }))
  const parsed = parse(file, text)
  if (!("source" in parsed)) return invalid(parsed)
  const { given, source } = parsed
  const empty = emptyFaults(source)
  const decoded = decodeRules(withDefaults(given), { onExcessProperty: "error", errors: "all" })
  if (Result.isFailure(decoded)) {
    return invalid([...empty, ...settingFaults(source, given, decoded.failure)])
  }
  if (empty.length > 0) return invalid(empty)
  const rules = tidy(decoded.success)
  const warnings = questionsOf(rules, given).map(({ expected, found, key }) => faultAt(source, [key], found, expected))
  return Result.succeed({ rules, warnings })
}
