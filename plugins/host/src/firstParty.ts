/** The plugins that this program can serve. Each is loaded when it is asked for: one that nobody uses costs nothing. */
import type { DefinedPlugin } from "@farmops/plugin-sdk/contract/DefinedPlugin"

/** Loads one plugin. */
export type LoadPlugin = () => Promise<DefinedPlugin>

/** By plugin id. */
export const firstParty: ReadonlyMap<string, LoadPlugin> = new Map<string, LoadPlugin>([
  ["farmops/git-history", async () => (await import("@farmops/plugin-git-history/plugin")).gitHistory],
  ["farmops/git-pr-review", async () => (await import("@farmops/plugin-git-pr-review/plugin")).gitPrReview],
  ["farmops/k8s-pod-health", async () => (await import("@farmops/plugin-k8s-pod-health/plugin")).k8sPodHealth],
  [
    "farmops/k8s-resource-audit",
    async () => (await import("@farmops/plugin-k8s-resource-audit/plugin")).k8sResourceAudit
  ],
  [
    "farmops/prometheus-alert-resolve",
    async () => (await import("@farmops/plugin-prometheus-alert-resolve/plugin")).prometheusAlertResolve
  ]
])
