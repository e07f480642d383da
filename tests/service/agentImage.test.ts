/** The agent's image, started as its chart's pod is: nobody in particular, a root that cannot be written, no capability. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { eventually } from "../quick/FarmProcess.ts"
import { buildImage, podman, podmanMissing, tryPodman } from "./hostImage.ts"

const settings = `data: /data/agent
tracker: {url: "http://127.0.0.1:1"}
plugins: farmops-plugins.yaml
hooks: {port: 8446}
sources:
  - {name: reviews, type: webhook, sender: github, secrets: [a secret of two]}
`
const chart = readFileSync(new URL("../../deploy/agent/helm/templates/configmap.yaml", import.meta.url), "utf8")
// The chart's own words on how the plugins are started.
const hosts = /^hosts:\n(?: +.*\n)+/m.exec(chart)?.[0]
const manifest = `${hosts}plugins:\n  - {id: farmops/git-pr-review, host: first-party}\n`

const name = `farmops-agent-test-${process.pid}`

const restricted = [
  ...["--network", "none", "--read-only", "--cap-drop", "ALL", "--security-opt", "no-new-privileges"],
  ...["--ulimit", "nofile=1024:1024", "--ulimit", "nproc=1024:1024"],
  ...["--tmpfs", "/data:rw,mode=1777,size=64m", "--tmpfs", "/tmp:rw,mode=1777,size=64m"]
]

const inside = (code: string) => tryPodman("exec", name, "node", "-e", code)
const answerOf = (path: string) =>
  inside(
    `fetch("http://127.0.0.1:8444${path}").then(async (r) => r.ok ? console.log(await r.text()) : process.exit(1), () => process.exit(1))`
  )

describe.skipIf(podmanMissing !== null)("the agent's image", () => {
  let image: ReturnType<typeof buildImage>
  let folder: string

  beforeAll(() => {
    image = buildImage("agent")
    folder = mkdtempSync(join(tmpdir(), "farmops-image-config-"))
    mkdirSync(join(folder, "farmops"))
    writeFileSync(join(folder, "farmops/agent.yaml"), settings)
    writeFileSync(join(folder, "farmops/farmops-plugins.yaml"), manifest)
    podman(
      "run",
      "--detach",
      "--pull=never",
      "--name",
      name,
      ...restricted,
      "-v",
      `${folder}/farmops:/etc/farmops:ro`,
      image.name
    )
  }, 180_000)
  afterAll(() => {
    tryPodman("rm", "--force", "--time", "0", name)
    image?.remove()
    if (folder !== undefined) rmSync(folder, { recursive: true })
  })

  it("starts an agent with its plugins, answers the chart's probe, and stops when it is told to", async () => {
    await eventually("the probe", async () => answerOf("/healthz"), 60)
    const plugins = await eventually(
      "the plugin",
      async () => {
        const [plugin] = JSON.parse(answerOf("/api/v1/plugins") ?? "{}").plugins ?? []
        return plugin?.state === "ready" ? plugin : null
      },
      60
    )
    expect(plugins).toMatchObject({ id: "farmops/git-pr-review", starts: 1 })
    // Without bubblewrap and user namespaces Node's own permissions are what holds it.
    expect(plugins.confinement).toBe("permission")

    expect(inside("console.log(process.getuid(), process.getgid())")).toBe("65532 65532")
    expect(inside("require('node:fs').writeFileSync('/app/x', '')")).toBeNull()
    // What bounds its memory reaches the plugins too.
    const childrens = inside(
      `const fs = require("node:fs"); console.log(fs.readFileSync("/proc/${plugins.pid}/environ", "latin1"))`
    )
    expect(childrens).toContain("MALLOC_MMAP_THRESHOLD_=16384")

    podman("stop", "--time", "20", name)
    expect(podman("inspect", "--format", "{{.State.ExitCode}}", name)).toBe("0")
  }, 180_000)
})
