/** Every description that a verdict may have. */
import { fillTemplate } from "@farmops/plugin-sdk/author/fillTemplate"
import { type Ailment, ailments } from "./podHealth.ts"

const words: Readonly<Record<Ailment, string>> = {
  "crash-loop": "in a crash loop",
  "image-pull": "without its image",
  "container-config": "with a container that could not be created",
  restarts: "with frequent restarts",
  pending: "with pending pods",
  "not-ready": "with pods that were not ready"
}

const plural = (count: number, one: string): string => (count === 1 ? one : `${one}s`)

const fixed = (ailment: Ailment, pods: number, minutes: number): string =>
  `Restored a workload of {pods} ${plural(pods, "pod")} after {minutes} ${plural(minutes, "minute")} ${words[ailment]}`

const swept = (pods: number, namespaces: number): string =>
  `Verified the health of {pods} ${plural(pods, "pod")} in {namespaces} ${plural(namespaces, "namespace")} ({unhealthy} unhealthy)`

// Every form of a sentence with two counted words.
const forms = (form: (first: number, second: number) => string): ReadonlyArray<string> =>
  [1, 2].flatMap((first) => [1, 2].map((second) => form(first, second)))

/** All of them; a slot holds a whole number. */
export const templates: ReadonlyArray<string> = [
  ...forms(swept),
  ...ailments.flatMap((ailment) => forms((pods, minutes) => fixed(ailment, pods, minutes)))
]

/** The sentence for a fix. */
export const describeFix = (ailment: Ailment, pods: number, minutes: number): string =>
  fillTemplate(fixed(ailment, pods, minutes), { pods, minutes })

/** The sentence for a check of everything. */
export const describeSweep = (pods: number, namespaces: number, unhealthy: number): string =>
  fillTemplate(swept(pods, namespaces), { pods, namespaces, unhealthy })
