/** The tiers of tests, from what needs only the clone to what needs a browser and many minutes. */
import { existsSync, globSync } from "node:fs"
import { findKubernetesMissing, kubernetesBuild } from "../tests/kubernetes/kubernetesParts.ts"
import type { Step } from "./steps.ts"

const noFiles = (folder: string) =>
  globSync(`${folder}/**/*.test.ts`).length === 0 ? `no tests in ${folder} yet` : null

/** Where Debian puts Chromium; tests/browser looks at the same place. */
export const chromium = "/usr/bin/chromium"

const tier = (name: string, cannot: () => string | null): Step => ({
  name,
  command: ["vitest", "run", "--project", name],
  vitest: true,
  minutesMax: 60,
  cannot
})

/** Builds what the kubernetes tier runs, where it is not in the cache yet: about six minutes, once for each machine. */
export const kubernetesParts: Step = { name: "kubernetes parts", command: [kubernetesBuild], minutesMax: 30 }

export const tiers = {
  quick: tier("quick", () => null),
  programs: tier("programs", () => null),
  service: tier("service", () => noFiles("tests/service")),
  kubernetes: tier("kubernetes", () => noFiles("tests/kubernetes") ?? findKubernetesMissing()),
  browser: tier(
    "browser",
    () =>
      noFiles("tests/browser") ??
      (existsSync(chromium) ? null : `${chromium} is missing; install it with: apt-get install -y chromium`)
  ),
  long: tier("long", () => noFiles("tests/long"))
}
