/** Holds requests and answers against GitHub's own OpenAPI description, which `npm ci --prefix tests/parts/github-openapi` installs. */
import { existsSync, readFileSync } from "node:fs"
import { createRequire } from "node:module"
import type { Exchange } from "../github/faultProxy.ts"

const part = createRequire(new URL("package.json", import.meta.url))
const description = new URL("node_modules/@octokit/openapi/generated/api.github.com.json", import.meta.url)

/** Whether the description is there. */
export const isInstalled = existsSync(description)

/** Says what to run where the description is missing. */
export const installHint = "npm ci --prefix tests/parts/github-openapi"

interface Json {
  readonly [key: string]: unknown
}

interface Check {
  (data: unknown): boolean
  readonly errors?: ReadonlyArray<{ readonly instancePath: string; readonly message?: string }> | null
}

interface Ajv {
  readonly addSchema: (schema: unknown, id: string) => void
  readonly addFormat: (name: string, format: RegExp | true) => void
  readonly compile: (schema: unknown) => Check
}

const isJson = (value: unknown): value is Json => typeof value === "object" && value !== null && !Array.isArray(value)

/** OpenAPI 3.0's `nullable` in the words of JSON Schema. */
const plainSchema = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(plainSchema)
  if (!isJson(value)) return value
  const { nullable, ...rest } = value
  const plain = Object.fromEntries(Object.entries(rest).map(([key, inner]) => [key, plainSchema(inner)]))
  return nullable === true ? { anyOf: [plain, { type: "null" }] } : plain
}

const at = (value: unknown, ...keys: ReadonlyArray<string>): unknown =>
  keys.reduce<unknown>((inner, key) => (isJson(inner) ? inner[key] : undefined), value)

const template = (path: string): RegExp => new RegExp(`^${path.replaceAll(".", "\\.").replace(/\{[^}]+\}/g, "[^/]+")}$`)

const pointer = (...keys: ReadonlyArray<string>): string =>
  `github#/${keys.map((key) => encodeURIComponent(key.replaceAll("~", "~0").replaceAll("/", "~1"))).join("/")}`

/** Makes the check: the faults that it finds in an exchange, each one line. */
export const makeExchangeCheck = (): ((exchange: Exchange) => ReadonlyArray<string>) => {
  const document = plainSchema(JSON.parse(readFileSync(description, "utf8")))
  const { Ajv2020 }: { Ajv2020: new (options: unknown) => Ajv } = part("ajv/dist/2020.js")
  const ajv = new Ajv2020({ strict: false, logger: false, allErrors: true, validateSchema: false })
  for (const format of ["uri", "uri-template", "email", "int64", "timestamp", "repo.nwo"]) ajv.addFormat(format, true)
  ajv.addFormat("date-time", /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(Z|[+-]\d\d:\d\d)$/)
  ajv.addSchema(document, "github")
  const paths = Object.keys(at(document, "paths") as Json)
    // The one with fewest slots is meant: `/issues/comments` and not `/issues/{issue_number}`.
    .toSorted((a, b) => a.split("{").length - b.split("{").length)
    .map((path) => ({ path, fits: template(path) }))
  const compiled = new Map<string, Check>()
  const follow = (ref: unknown): unknown =>
    typeof ref === "string" ? at(document, ...ref.replace(/^#\//, "").split("/")) : undefined
  const checkAt = (reference: string): Check => {
    const known = compiled.get(reference) ?? ajv.compile({ $ref: reference })
    compiled.set(reference, known)
    return known
  }
  const faultsOf = (reference: string, what: string, data: unknown) => {
    const check = checkAt(reference)
    if (check(data)) return []
    return (check.errors ?? []).map(({ instancePath, message }) => `${what}${instancePath}: ${message}`)
  }

  const queryFaults = (operation: unknown, path: string, query: URLSearchParams): ReadonlyArray<string> => {
    const named = [at(document, "paths", path, "parameters"), at(operation, "parameters")].flatMap((list) =>
      Array.isArray(list) ? list.map((one) => (isJson(one) && "$ref" in one ? follow(one.$ref) : one)) : []
    )
    const known = new Map(named.filter((one) => at(one, "in") === "query").map((one) => [String(at(one, "name")), one]))
    return [...query].flatMap(([name, value]) => {
      const parameter = known.get(name)
      if (parameter === undefined) return [`the query has no ${name}`]
      const schema = at(parameter, "schema")
      const choices = at(schema, "enum")
      if (Array.isArray(choices) && !choices.includes(value)) return [`${name} is not one of ${choices.join(", ")}`]
      return at(schema, "type") === "integer" && !/^\d+$/.test(value) ? [`${name} is no integer`] : []
    })
  }

  const bodyFaults = (operation: unknown, path: string, verb: string, body: unknown): ReadonlyArray<string> => {
    const content = at(operation, "requestBody", "content", "application/json", "schema")
    if (content === undefined) return body === null || body === "" ? [] : ["this call takes no body"]
    return faultsOf(
      pointer("paths", path, verb, "requestBody", "content", "application/json", "schema"),
      "request",
      body
    )
  }

  const answerFaults = (operation: unknown, path: string, verb: string, exchange: Exchange): ReadonlyArray<string> => {
    const status = String(exchange.status)
    const described = at(operation, "responses", status)
    if (described === undefined) return [`the description has no status ${status}`]
    const place = ["responses", status]
    const ref = at(described, "$ref")
    const base = typeof ref === "string" ? ref.replace(/^#\//, "").split("/") : ["paths", path, verb, ...place]
    if (at(document, ...base, "content", "application/json", "schema") === undefined) return []
    return faultsOf(pointer(...base, "content", "application/json", "schema"), "answer", exchange.answer)
  }

  return (exchange) => {
    const url = new URL(exchange.path, "http://github.test")
    const path = paths.find(({ fits }) => fits.test(url.pathname))?.path
    const verb = exchange.method.toLowerCase()
    const operation = path === undefined ? undefined : at(document, "paths", path, verb)
    const name = `${exchange.method} ${path ?? url.pathname}`
    if (path === undefined || operation === undefined) return [`${name}: no such call`]
    const requestFaults = [
      ...queryFaults(operation, path, url.searchParams),
      ...bodyFaults(operation, path, verb, exchange.requestBody)
    ]
    // Faults that a test asked for, and limits, are no part of the description of an operation.
    const isDescribed = exchange.fault === null && exchange.status < 500 && ![401, 403, 429].includes(exchange.status)
    const found = isDescribed ? [...requestFaults, ...answerFaults(operation, path, verb, exchange)] : requestFaults
    return found.map((fault) => `${name}: ${fault}`)
  }
}
