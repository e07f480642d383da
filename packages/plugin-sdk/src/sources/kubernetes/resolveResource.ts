/** Finds where the API server keeps a resource that is named as RBAC names it: `pods`, `deployments.apps`. */
import { Effect, Option, Schema } from "effect"
import type { KubeClient } from "./KubeClient.ts"
import { kubeFailed } from "./KubeFailed.ts"

const name = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/

/** The longest name that the API itself takes. */
const nameLengthMax = 253

/** Whether it can be the name of a resource: no subresource, no path. */
export const isResourceName = (resource: string): boolean => resource.length <= nameLengthMax && name.test(resource)

const Group = Schema.Struct({
  versions: Schema.Array(Schema.Struct({ version: Schema.String })),
  preferredVersion: Schema.optionalKey(Schema.Struct({ version: Schema.String }))
})
const Resources = Schema.Struct({
  resources: Schema.Array(Schema.Struct({ name: Schema.String, verbs: Schema.Array(Schema.String) }))
})
const decodeGroup = Schema.decodeUnknownOption(Group)
const decodeResources = Schema.decodeUnknownOption(Resources)

// More served versions of one group than any has had.
const versionsMax = 12

/**
 * The path below which the resource is, of the version that the server prefers among those that have it. `not_found` where none
 * has: a custom resource whose definition is not there, or not yet.
 */
export const resolveResource = Effect.fnUntraced(function* (client: KubeClient, resource: string) {
  const dot = resource.indexOf(".")
  // The core group has had one version since 2015.
  if (dot === -1) return "/api/v1"
  const plural = resource.slice(0, dot)
  const base = `/apis/${resource.slice(dot + 1)}`
  const group = decodeGroup(yield* client.json(base))
  if (Option.isNone(group)) return yield* kubeFailed("unexpected")
  const preferred = group.value.preferredVersion?.version ?? ""
  const others = group.value.versions.map(({ version }) => version).filter((version) => version !== preferred)
  for (const version of [preferred, ...others].filter(isResourceName).slice(0, versionsMax)) {
    const found = decodeResources(yield* client.json(`${base}/${version}`))
    if (Option.isNone(found)) return yield* kubeFailed("unexpected")
    const has = found.value.resources.find((one) => one.name === plural)
    if (has?.verbs.includes("list")) return `${base}/${version}`
  }
  return yield* kubeFailed("not_found")
})

/** The path of a resource's objects, of one namespace or of all. */
export const pathOf = (base: string, resource: string, namespace: string | null): string =>
  `${base}${namespace === null ? "" : `/namespaces/${encodeURIComponent(namespace)}`}/${resource.split(".")[0]}`
