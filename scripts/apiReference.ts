/**
 * Writes `docs/api-reference.md` from the tracker's API definition: every route, who may call it, what it takes and answers,
 * and a table of every error code. `checkGenerated.ts` fails when the committed one differs.
 */
import { writeFileSync } from "node:fs"
import { type Role, rolesOfApi } from "@farmops/core/api/routeRoles"
import { TrackerApi } from "@farmops/core/api/TrackerApi"
import { problemType, statusProblems } from "@farmops/core/http/problem"
import { OpenApi } from "effect/http-api"
import { type JsonSchema, spellSchema } from "./spellSchema.ts"

/** Where the reference lies, from the repository's root. */
export const apiReferenceFile = "docs/api-reference.md"

interface Content {
  readonly content?: Readonly<Record<string, { readonly schema?: JsonSchema }>>
}

interface Operation {
  readonly summary?: string
  readonly parameters?: ReadonlyArray<{
    readonly name: string
    readonly in: string
    readonly required: boolean
    readonly schema: JsonSchema
  }>
  readonly requestBody?: Content
  readonly responses: Readonly<Record<string, Content & { readonly description: string }>>
}

interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
  readonly components: { readonly schemas: Readonly<Record<string, JsonSchema>> }
  readonly tags: ReadonlyArray<{ readonly name: string; readonly description?: string }>
}

interface CodeUse {
  readonly status: string
  readonly title: string
  readonly routes: Set<string>
}

const whoMay: Readonly<Record<Role, string>> = {
  public: "anybody",
  agent:
    "anybody on loopback, where the proof's signature counts; beyond it the proof's agent, by API key or certificate",
  reads: "the owner; anybody where the tracker listens on loopback only",
  owner: "the owner"
}

/** Who may call each route, by its method and path. */
const callers = (): ReadonlyMap<string, string> =>
  new Map(
    rolesOfApi(TrackerApi).flatMap(({ method, path, role }) =>
      role === null ? [] : [[`${method} ${path}`, whoMay[role]]]
    )
  )

const table = (head: ReadonlyArray<string>, rows: ReadonlyArray<ReadonlyArray<string>>): string => {
  const line = (cells: ReadonlyArray<string>) => `| ${cells.join(" | ")} |`
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n")
}

const inCode = (text: string): string => `\`${text}\``

/** Makes the reference anew. */
export const makeApiReference = (): string => {
  // The generator's own type says less than the document does.
  const document = JSON.parse(JSON.stringify(OpenApi.fromApi(TrackerApi))) as Document
  const { schemas } = document.components
  const who = callers()
  const codes = new Map<string, Array<CodeUse>>()

  const resolve = (schema: JsonSchema): ReadonlyArray<JsonSchema> => {
    if (schema.$ref !== undefined) return resolve(schemas[schema.$ref.split("/").at(-1) ?? ""] ?? {})
    return schema.anyOf === undefined ? [schema] : schema.anyOf.flatMap(resolve)
  }

  const noteCodes = (route: string, status: string, { content }: Content): ReadonlyArray<string> =>
    resolve(content?.[problemType]?.schema ?? {}).flatMap(({ properties = {} }) => {
      const title = properties.title?.enum?.[0] ?? properties.title?.const ?? ""
      return (properties.code?.enum ?? ["any code of the village"]).map((code) => {
        const uses = codes.get(String(code)) ?? []
        codes.set(String(code), uses)
        const use = uses.find((one) => one.status === status && one.title === String(title))
        if (use === undefined) uses.push({ status, title: String(title), routes: new Set([route]) })
        else use.routes.add(route)
        return String(code)
      })
    })

  const describeRoute = (method: string, path: string, operation: Operation & { readonly operationId: string }) => {
    const route = `${method.toUpperCase()} ${path}`
    const { parameters = [], requestBody, responses } = operation
    const all = Object.entries(responses)
    const answers = all.filter(([status]) => status < "400")
    const errors = all
      .filter(([status]) => status >= "400")
      .map(([status, response]) => `${status}: ${noteCodes(route, status, response).map(inCode).join(", ")}`)
    const spell = (schema: JsonSchema | undefined) => spellSchema(schema ?? {}, schemas)
    const bodies = Object.entries(requestBody?.content ?? {}).map(
      ([type, { schema }]) => `Body, ${inCode(type)}:\n\n\`\`\`ts\n${spell(schema)}\n\`\`\``
    )
    const successes = answers.flatMap(([status, { content = {} }]) =>
      Object.entries(content).map(
        ([type, { schema }]) => `Answer ${status}, ${inCode(type)}:\n\n\`\`\`ts\n${spell(schema)}\n\`\`\``
      )
    )
    return [
      `### ${inCode(route)}`,
      `${operation.summary ?? ""}.`,
      `Who may: ${who.get(route.replaceAll(/\{(\w+)\}/g, ":$1"))}.`,
      ...(parameters.length === 0
        ? []
        : [
            table(
              ["parameter", "in", "form"],
              parameters.map(({ in: place, name, required, schema }) => [
                inCode(name),
                `${place}${required ? "" : ", optional"}`,
                schema.description ?? inCode(spell(schema).replaceAll("|", "\\|"))
              ])
            )
          ]),
      ...bodies,
      ...successes,
      `Errors: ${errors.join("; ")}.`
    ].join("\n\n")
  }

  const sections = document.tags.map(({ description = "", name }) => {
    const routes = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.entries(methods).flatMap(([method, operation]) => {
        const known = operation as Operation & { readonly operationId: string }
        return known.operationId.startsWith(`${name}.`) ? [describeRoute(method, path, known)] : []
      })
    )
    return [`## ${name}`, description, ...routes].join("\n\n")
  })

  const codeRows = [...codes]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([code, uses]) =>
      uses.map(({ routes, status, title }) => [
        code.includes(" ") ? code : inCode(code),
        status,
        title,
        routes.size > 3 ? `${routes.size} routes` : [...routes].map(inCode).join(", ")
      ])
    )
  const statusRows = Object.entries(statusProblems).map(([status, [code, title]]) => [inCode(code), status, title])

  return `${[
    "# The tracker's API",
    "Made by `npm run gen` from the definition that the server itself runs on (`packages/core/src/api`); the same as OpenAPI 3.1 is at `/openapi.json`, and as a page at `/docs`.",
    "Every error is a problem of RFC 9457 (`application/problem+json`) with a `code`. Programs may rely on the code and the status; titles and details are for people.",
    "A query parameter that a route does not know is refused, so that a misspelt filter is not taken for none.",
    ...sections,
    "## codes",
    "What each code means, and where it comes from.",
    table(["code", "status", "title", "from"], codeRows),
    "Any route may also answer with these, which stand for a status alone:",
    table(
      ["code", "status", "title"],
      [
        ...statusRows,
        [inCode("wrong_host"), "421", "A tracker on loopback was asked under a name that is not this machine's"]
      ]
    )
  ].join("\n\n")}\n`
}

if (import.meta.main) {
  const text = makeApiReference()
  writeFileSync(apiReferenceFile, text)
  console.log(`${apiReferenceFile}: ${Buffer.byteLength(text)} bytes`)
}
