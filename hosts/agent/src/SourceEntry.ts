/** One entry of `sources` in agent.yaml: a name, a type, and the settings of that type, none other. */
import { AlertmanagerOptions } from "@farmops/plugin-sdk/sources/alertmanager/AlertmanagerOptions"
import { CommandOptions } from "@farmops/plugin-sdk/sources/command/CommandSource"
import { FileOptions } from "@farmops/plugin-sdk/sources/file/FileOptions"
import { HttpOptions } from "@farmops/plugin-sdk/sources/http/HttpSource"
import { KubernetesSettings } from "@farmops/plugin-sdk/sources/kubernetes/KubernetesSettings"
import { SourceName } from "@farmops/plugin-sdk/sources/localObservation"
import { PushOptions } from "@farmops/plugin-sdk/sources/push/PushOptions"
import { ScheduleOptions } from "@farmops/plugin-sdk/sources/schedule/ScheduleSource"
import { ForgeWebhookOptions, PlainWebhookOptions } from "@farmops/plugin-sdk/sources/webhook/WebhookOptions"
import { Schema } from "effect"

/** A repository, under `repository` or as an entry of `sources`. */
export const RepositoryFields = {
  path: Schema.NonEmptyString,
  identities: Schema.optionalKey(Schema.Array(Schema.NonEmptyString)),
  window_days: Schema.optionalKey(Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 3650 }))),
  bots: Schema.optionalKey(Schema.Array(Schema.NonEmptyString))
} as const

const entry = <const T extends string, F extends Schema.Struct.Fields>(type: T, fields: F) =>
  Schema.Struct({ ...fields, name: SourceName, type: Schema.Literal(type) })

// The agent's own `actor` stands in where a source is not told whose work it sees.
const actor = { actor: Schema.optionalKey(Schema.NonEmptyString) } as const

const members = [
  entry("git", RepositoryFields),
  entry("kubernetes", { ...KubernetesSettings.fields, ...actor }),
  entry("alertmanager", { ...AlertmanagerOptions.fields, ...actor }),
  entry("webhook", ForgeWebhookOptions.fields),
  entry("webhook", { ...PlainWebhookOptions.fields, ...actor }),
  entry("http", { ...HttpOptions.fields, ...actor }),
  entry("file", { ...FileOptions.fields, ...actor }),
  entry("command", { ...CommandOptions.fields, ...actor }),
  entry("schedule", { ...ScheduleOptions.fields, ...actor }),
  entry("push", { ...PushOptions.fields, ...actor })
] as const

/** Every type that this version can watch. */
export const sourceTypes = [
  ...["git", "kubernetes", "alertmanager", "webhook", "http"],
  ...["file", "command", "schedule", "push"]
] as const

const isKnown = (type: unknown): boolean => sourceTypes.some((known) => known === type)

const HasType = Schema.Struct({ type: Schema.Unknown })
const hasType = Schema.is(HasType)

/** What is expected of a type that is not one of ours. */
export const typeExpected = `is not available; one of ${sourceTypes.join(", ")} is expected`

/** One entry. Its type is looked at first, so that a complaint is about that type's settings. */
export const SourceEntry = Schema.Unknown.check(
  Schema.makeFilter((given: unknown) => {
    if (!hasType(given)) return { path: ["type"], issue: "is missing" }
    return isKnown(given.type) ? undefined : { path: ["type"], issue: typeExpected }
  })
).pipe(Schema.decodeTo(Schema.Union(members)))
export type SourceEntry = typeof SourceEntry.Type
