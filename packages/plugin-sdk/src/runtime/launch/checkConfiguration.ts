/** Holds a plugin's configuration against the JSON Schema that the plugin publishes, before the plugin ever sees it. */
import { runInNewContext } from "node:vm"
import type { DefinedError } from "ajv/dist/2020.js"
import { Effect } from "effect"

/** What is wrong, and where in the configuration. `message` is the end of a sentence and repeats no value. */
export interface ConfigurationFault {
  readonly path: ReadonlyArray<string | number>
  readonly message: string
}

/** `bad_schema`: what the plugin publishes is no schema that can be used. */
export type ConfigurationCheck = "ok" | "bad_schema" | ConfigurationFault

// Untrusted: the schema is a plugin's. One pattern of it could keep the agent busy for ever.
// A good one takes some milliseconds, on a machine that starts everything at once a second.
const checkMsMax = 5_000
const messageLengthMax = 300

/** Runs what cannot be trusted to end; undefined where it did not. A context's time limit reaches what it calls, too. */
const within = <A>(work: () => A): A | undefined => {
  try {
    return runInNewContext("work()", { work }, { timeout: checkMsMax })
  } catch {
    return undefined
  }
}

const unescape = (segment: string): string => segment.replaceAll("~1", "/").replaceAll("~0", "~")

const pathOf = (pointer: string, configuration: unknown): ReadonlyArray<string | number> => {
  let value = configuration
  return pointer
    .split("/")
    .slice(1)
    .map((segment) => {
      const key = Array.isArray(value) ? Number(segment) : unescape(segment)
      value = typeof value === "object" && value !== null ? Reflect.get(value, key) : undefined
      return key
    })
}

const faultOf = (error: DefinedError, configuration: unknown): ConfigurationFault => {
  const path = pathOf(error.instancePath, configuration)
  switch (error.keyword) {
    case "additionalProperties":
      return {
        path: [...path, error.params.additionalProperty],
        message: "is not a setting that is known here"
      }
    case "required":
      return { path: [...path, error.params.missingProperty], message: "is missing" }
    case "enum":
      return {
        path,
        message: `must be one of ${JSON.stringify(error.params.allowedValues).slice(0, messageLengthMax)}`
      }
    default:
      return { path, message: (error.message ?? "is not valid").slice(0, messageLengthMax) }
  }
}

// Twenty megabytes that an agent whose plugins have no configuration never needs.
const loadValidator = Effect.promise(() => import("ajv/dist/2020.js"))

/** Checks one configuration. References to other documents are faults of the schema: nothing is fetched. */
export const checkConfiguration = (
  schema: Readonly<Record<string, unknown>>,
  configuration: unknown
): Effect.Effect<ConfigurationCheck> =>
  Effect.map(loadValidator, ({ Ajv2020 }) => {
    const ajv = new Ajv2020({
      strict: true,
      logger: false,
      // A format is a note for people in this version of JSON Schema.
      validateFormats: false,
      // What compiles is a schema as far as it matters here; the schema of schemas takes ten times as long.
      meta: false,
      validateSchema: false
    })
    const validate = within(() => ajv.compile(schema))
    if (validate === undefined) return "bad_schema"
    const valid = within(() => validate(configuration))
    if (valid === undefined) return "bad_schema"
    const error = (validate.errors as ReadonlyArray<DefinedError> | null | undefined)?.[0]
    return valid === true || error === undefined ? "ok" : faultOf(error, configuration)
  })
