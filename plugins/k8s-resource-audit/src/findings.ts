/** What a pod template leaves open, as a closed list of findings. A finding belongs to a container, or to the pod as a whole. */
import { Schema } from "effect"

// The API server writes null where other servers leave a field out.
const maybe = <S extends Schema.Top>(schema: S) => Schema.optionalKey(Schema.NullOr(schema))

// A quantity may be written as a number.
const Quantity = Schema.Union([Schema.String, Schema.Number])
const Quantities = Schema.Struct({ cpu: maybe(Quantity), memory: maybe(Quantity) })
const RunAs = { runAsNonRoot: maybe(Schema.Boolean), runAsUser: maybe(Schema.Number) }

const Container = Schema.Struct({
  // The API server takes no longer name, and a memory has to hold some.
  name: Schema.String.check(Schema.isMaxLength(63)),
  resources: maybe(Schema.Struct({ requests: maybe(Quantities), limits: maybe(Quantities) })),
  securityContext: maybe(
    Schema.Struct({
      ...RunAs,
      privileged: maybe(Schema.Boolean),
      allowPrivilegeEscalation: maybe(Schema.Boolean)
    })
  )
})

/** As much of a pod's specification as the findings need. */
export const PodSpec = Schema.Struct({
  hostNetwork: maybe(Schema.Boolean),
  hostPID: maybe(Schema.Boolean),
  hostIPC: maybe(Schema.Boolean),
  securityContext: maybe(Schema.Struct(RunAs)),
  volumes: maybe(Schema.Array(Schema.Struct({ hostPath: maybe(Schema.Struct({})) }))),
  initContainers: maybe(Schema.Array(Container)),
  containers: Schema.Array(Container)
})
export type PodSpec = typeof PodSpec.Type

/** The fields of {@link PodSpec}, below it. Of a host's path only that there is one. */
export const podSpecFields: ReadonlyArray<string> = [
  ...["/hostNetwork", "/hostPID", "/hostIPC", "/securityContext/runAsNonRoot", "/securityContext/runAsUser"],
  "/volumes/*/hostPath/type",
  ...["initContainers", "containers"].flatMap((list) =>
    [
      "name",
      ...["requests", "limits"].flatMap((kind) => [`resources/${kind}/cpu`, `resources/${kind}/memory`]),
      ...["privileged", "allowPrivilegeEscalation", "runAsNonRoot", "runAsUser"].map((key) => `securityContext/${key}`)
    ].map((field) => `/${list}/*/${field}`)
  )
]

/** What a container that runs on may lack of resources. */
export const resourceKinds = ["no-cpu-request", "no-memory-request", "no-cpu-limit", "no-memory-limit"] as const

/** What a container, or the pod, may do and should not. */
export const securityKinds = [
  "privileged",
  "privilege-escalation",
  "run-as-root",
  "host-network",
  "host-pid",
  "host-ipc",
  "host-path"
] as const

/** Every kind of finding there is. */
export const findingKinds = [...resourceKinds, ...securityKinds] as const
export type FindingKind = (typeof findingKinds)[number]

/** One finding. `container` is empty where it is the pod's. */
export interface Finding {
  readonly kind: FindingKind
  readonly container: string
}

/** Whether it is a matter of security. */
export const isSecurity = ({ kind }: Finding): boolean => (securityKinds as ReadonlyArray<string>).includes(kind)

type Container = typeof Container.Type

const isSet = (quantity: string | number | null | undefined): boolean => quantity !== null && quantity !== undefined

const resourcesOf = ({ resources }: Container): ReadonlyArray<FindingKind> => {
  const { limits, requests } = resources ?? {}
  const lacking: ReadonlyArray<readonly [FindingKind, boolean]> = [
    // A limit without a request is the request as well.
    ["no-cpu-request", !isSet(requests?.cpu) && !isSet(limits?.cpu)],
    ["no-memory-request", !isSet(requests?.memory) && !isSet(limits?.memory)],
    ["no-cpu-limit", !isSet(limits?.cpu)],
    ["no-memory-limit", !isSet(limits?.memory)]
  ]
  return lacking.flatMap(([kind, lacks]) => (lacks ? [kind] : []))
}

const securityOf = ({ securityContext: own }: Container, pod: PodSpec): ReadonlyArray<FindingKind> => {
  const nonRoot = own?.runAsNonRoot ?? pod.securityContext?.runAsNonRoot ?? false
  const user = own?.runAsUser ?? pod.securityContext?.runAsUser ?? 0
  return [
    ...(own?.privileged === true ? (["privileged"] as const) : []),
    // Kubernetes allows it unless it is told otherwise.
    ...(own?.allowPrivilegeEscalation !== false ? (["privilege-escalation"] as const) : []),
    ...(!nonRoot && user === 0 ? (["run-as-root"] as const) : [])
  ]
}

const ofPod = (pod: PodSpec): ReadonlyArray<FindingKind> => [
  ...(pod.hostNetwork === true ? (["host-network"] as const) : []),
  ...(pod.hostPID === true ? (["host-pid"] as const) : []),
  ...(pod.hostIPC === true ? (["host-ipc"] as const) : []),
  ...((pod.volumes ?? []).some(({ hostPath }) => (hostPath ?? null) !== null) ? (["host-path"] as const) : [])
]

/** Every finding of a pod template. Containers that only prepare the pod need no resources of their own. */
export const findingsOf = (pod: PodSpec): ReadonlyArray<Finding> => [
  ...ofPod(pod).map((kind) => ({ kind, container: "" })),
  ...(pod.initContainers ?? []).flatMap((container) =>
    securityOf(container, pod).map((kind) => ({ kind, container: container.name }))
  ),
  ...pod.containers.flatMap((container) =>
    [...resourcesOf(container), ...securityOf(container, pod)].map((kind) => ({ kind, container: container.name }))
  )
]

/** The containers that a finding may belong to; empty names the pod. */
export const placesOf = (pod: PodSpec): ReadonlySet<string> =>
  new Set(["", ...[...(pod.initContainers ?? []), ...pod.containers].map(({ name }) => name)])
