/** Spells a JSON Schema as a short type, as a person would write it down. */

/** The part of JSON Schema that our API's document uses. */
export interface JsonSchema {
  readonly $ref?: string
  readonly type?: string
  readonly enum?: ReadonlyArray<unknown>
  readonly const?: unknown
  readonly anyOf?: ReadonlyArray<JsonSchema>
  readonly oneOf?: ReadonlyArray<JsonSchema>
  readonly allOf?: ReadonlyArray<JsonSchema>
  readonly properties?: Readonly<Record<string, JsonSchema>>
  readonly required?: ReadonlyArray<string>
  readonly items?: JsonSchema
  readonly prefixItems?: ReadonlyArray<JsonSchema>
  readonly additionalProperties?: boolean | JsonSchema
  readonly contentSchema?: JsonSchema
  readonly format?: string
  readonly description?: string
}

/** Wider than this, an object is broken over lines. */
const columnsMax = 110

/** Deeper than this, what a value looks like is in the document only. */
const depthMax = 5

const indent = (text: string): string => text.replaceAll("\n", "\n  ")

const spellObject = (fields: ReadonlyArray<string>): string => {
  const flat = `{ ${fields.join("; ")} }`
  if (flat.length <= columnsMax && !flat.includes("\n")) return flat
  return `{\n  ${fields.map(indent).join("\n  ")}\n}`
}

const keyOf = (name: string): string => (/^[A-Za-z_$][\w$]*$/.test(name) ? name : JSON.stringify(name))

/** `schemas` are the ones that a `$ref` may name. */
export const spellSchema = (schema: JsonSchema, schemas: Readonly<Record<string, JsonSchema>>, depth = 0): string => {
  const spell = (inner: JsonSchema) => spellSchema(inner, schemas, depth + 1)
  if (schema.$ref !== undefined) return spellSchema(schemas[schema.$ref.split("/").at(-1) ?? ""] ?? {}, schemas, depth)
  if (schema.const !== undefined) return JSON.stringify(schema.const)
  if (schema.enum !== undefined) return schema.enum.map((value) => JSON.stringify(value)).join(" | ")
  const union = schema.anyOf ?? schema.oneOf
  if (union !== undefined) return [...new Set(union.map((one) => spellSchema(one, schemas, depth)))].join(" | ")
  if (schema.contentSchema !== undefined) return spell(schema.contentSchema)
  if (schema.type === "array") {
    if (schema.prefixItems !== undefined) return `[${schema.prefixItems.map(spell).join(", ")}]`
    return `Array<${spell(schema.items ?? {})}>`
  }
  if (schema.type === "object") {
    const { additionalProperties, properties = {}, required = [] } = schema
    if (depth >= depthMax) return "object"
    const fields = Object.entries(properties).map(
      ([name, value]) => `${keyOf(name)}${required.includes(name) ? "" : "?"}: ${spell(value)}`
    )
    if (typeof additionalProperties === "object") fields.push(`[name: string]: ${spell(additionalProperties)}`)
    return spellObject(fields)
  }
  if (schema.type === "string" && schema.format !== undefined) return schema.format
  return schema.type ?? "unknown"
}
