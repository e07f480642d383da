/** Every step of CI. `.ci/run` starts it after `npm ci`. A failure does not stop the others; the last line counts everything. */
import { spawnSync } from "node:child_process"
import { existsSync } from "node:fs"
import { checks } from "./checks.ts"
import { runSteps, type Step } from "./steps.ts"
import { chromium, kubernetesParts, tiers } from "./tiers.ts"

/** What the tiers beyond the clone need from the system, by the file that shows it is there. */
const parts = [
  { file: "/usr/bin/git", package: "git" },
  { file: "/usr/bin/python3", package: "python3" },
  { file: "/usr/bin/openssl", package: "openssl" },
  { file: "/usr/lib/postgresql", package: "postgresql" },
  { file: "/usr/bin/prometheus", package: "prometheus" },
  { file: "/usr/bin/prometheus-alertmanager", package: "prometheus-alertmanager" },
  { file: "/usr/lib/python3/dist-packages/grpc/__init__.py", package: "python3-grpcio" },
  { file: "/usr/bin/bwrap", package: "bubblewrap" },
  { file: "/usr/bin/go", package: "golang-go" },
  { file: "/usr/share/gocode/src/google.golang.org/grpc", package: "golang-google-grpc-dev" },
  { file: "/usr/share/gocode/src/google.golang.org/protobuf", package: "golang-google-protobuf-dev" },
  { file: "/usr/bin/podman", package: "podman" },
  { file: "/usr/sbin/runc", package: "runc" },
  { file: "/usr/lib/cni", package: "containernetworking-plugins" },
  { file: "/usr/sbin/iptables", package: "iptables" },
  { file: "/usr/bin/strace", package: "strace" },
  { file: "/usr/bin/cmark-gfm", package: "cmark-gfm" },
  { file: chromium, package: "chromium" }
]

const missing = parts.filter(({ file }) => !existsSync(file)).map((part) => part.package)
if (missing.length > 0 && process.getuid?.() === 0 && existsSync("/usr/bin/apt-get")) {
  console.log(`── installing ${missing.join(", ")}`)
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" }
  for (const args of [
    ["update", "-qq"],
    ["install", "-y", "-qq", "--no-install-recommends", ...missing]
  ])
    spawnSync("apt-get", args, { stdio: ["ignore", "ignore", "inherit"], env, timeout: 10 * 60_000 })
}

/** npm packages outside the workspaces that tests look for, and skip loudly without. */
const npmParts = [
  "tests/parts/webhooks",
  "tests/parts/assemblyscript",
  "tests/parts/kubectl",
  "tests/parts/openapi",
  "tests/parts/github",
  "tests/parts/github-openapi",
  "tests/parts/markdown",
  "bench/peers"
].map(
  (folder): Step => ({
    name: folder,
    command: ["npm", "ci", "--prefix", folder, "--no-audit", "--no-fund", "--ignore-scripts"],
    minutesMax: 5
  })
)

const steps: ReadonlyArray<Step> = [
  ...checks,
  ...npmParts,
  tiers.quick,
  // What acts on other people's repositories by itself has a floor of its own: 85 % of lines and 80 % of branches.
  { name: "coverage of triage", command: ["npm", "run", "-s", "test:coverage"], minutesMax: 6 },
  tiers.programs,
  { name: "build", command: ["npm", "run", "-s", "build"] },
  { name: "packages", command: ["npm", "run", "-s", "test:packages"] },
  tiers.service,
  kubernetesParts,
  tiers.kubernetes,
  tiers.browser,
  // Enough rounds to meet the common faults; `npm run test:long` runs them all.
  { ...tiers.long, env: { KILLS: "10", CASES: "2000", LIVES: "30", PROOFS: "20000" }, minutesMax: 15 },
  { name: "bench hosts", command: ["npm", "run", "-s", "bench", "--", "hosts"] }
]

const results = runSteps(steps)
const sum = (key: "passed" | "failed") => results.reduce((total, result) => total + result[key], 0)
// What could not run in CI is a failure of CI, unless the tier is still empty.
const unrun = results.filter(({ skipped }) => skipped !== null && !skipped.startsWith("no tests")).length
const failed = sum("failed") + unrun
process.exitCode = failed === 0 ? 0 : 1
console.log(`${sum("passed")} passed, ${failed} failed`)
