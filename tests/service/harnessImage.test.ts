/** The harness's image, started as `compose.yaml` says: nobody in particular, a root that cannot be written, no capability. */
import { chownSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { parse } from "yaml"
import { eventually } from "../quick/FarmProcess.ts"
import { buildImage, podman, podmanLogs, podmanMissing, tryPodman } from "./hostImage.ts"

const service = parse(readFileSync(new URL("../../deploy/harness/compose.yaml", import.meta.url), "utf8")).services
  .harness
const name = `farmops-harness-test-${process.pid}`
const token = "ghp_plantedTokenOfTheBot0123456789abcdef" // not-a-secret: made up

const config = `identity: { github_token: "\${GITHUB_TOKEN}", github_user: farm-bot }
llm: { provider: ollama, model: llama3 }
repos:
  - { owner: octo, name: farm, agents: [{ type: issue-triage, mind: keyword, config: { labels: { bug: [crash] } } }] }
`

/** What `compose.yaml` says of the service, for podman. A key that is not read here is not shown to work, so there is none. */
const flagsOf = (folder: string): ReadonlyArray<string> => {
  const { cap_drop, env_file, healthcheck: _, image, ports, read_only, restart, ...rest } = service
  const { security_opt, stop_grace_period, tmpfs, user, volumes, ...unknown } = rest
  expect(unknown).toEqual({})
  expect([image, ports, restart, read_only]).toEqual([
    "ghcr.io/farmops/harness:latest",
    ["127.0.0.1:8446:8446"],
    "unless-stopped",
    true
  ])
  const each = (flag: string, values: ReadonlyArray<string>) => values.flatMap((value) => [flag, value])
  return [
    ...["--network", "none", "--read-only", "--pull=never"],
    // A container may not raise its own limits above those of a test that is in one.
    ...["--ulimit", "nofile=1024:1024", "--ulimit", "nproc=1024:1024"],
    ...["--user", user, "--stop-timeout", String(Number.parseInt(stop_grace_period, 10))],
    ...each("--cap-drop", cap_drop),
    ...each("--security-opt", security_opt),
    ...each("--tmpfs", tmpfs),
    ...each(
      "--env-file",
      env_file.map((file: string) => join(folder, file))
    ),
    ...each(
      "--volume",
      volumes.map((volume: string) => volume.replace(/^\./, folder))
    )
  ]
}

describe.skipIf(podmanMissing !== null)("the harness's image", () => {
  let image: ReturnType<typeof buildImage>
  let folder: string

  beforeAll(() => {
    image = buildImage("harness")
    folder = mkdtempSync(join(tmpdir(), "farmops-harness-image-"))
    mkdirSync(join(folder, "data"), { mode: 0o700 })
    chownSync(join(folder, "data"), 65532, 65532)
    writeFileSync(join(folder, "config.yaml"), config)
    writeFileSync(join(folder, "secrets.env"), `GITHUB_TOKEN=${token}\n`, { mode: 0o600 })
  }, 180_000)
  afterAll(() => {
    tryPodman("rm", "--force", "--time", "0", name)
    image?.remove()
    if (folder !== undefined) rmSync(folder, { recursive: true })
  })

  it("checks a configuration", () => {
    const said = podman("run", "--rm", ...flagsOf(folder), image.name, "check", "--config", "/etc/farmops/config.yaml")
    expect(said).toContain("is sound: 1 repository (octo/farm) as farm-bot")
    expect(podman("run", "--rm", ...flagsOf(folder), image.name, "--version")).toMatch(
      /^farmops-harness \d+\.\d+\.\d+$/
    )
  }, 60_000)

  it("runs with its agent beside it, is alive and not ready without GitHub, and ends with 0", async () => {
    podman("run", "--detach", "--name", name, ...flagsOf(folder), image.name)
    const [how, ...probe] = service.healthcheck.test
    expect(how).toBe("CMD")
    await eventually("alive", async () => (tryPodman("exec", name, ...probe) === null ? null : true), 60)
    const logged = async () => (/agent ready/.test(podmanLogs(name)) ? true : null)
    await eventually("the agent", logged, 60)
    const ready = `fetch("http://127.0.0.1:8446/healthcheck/ready").then(async (r) => console.log(r.status, await r.text()))`
    expect(tryPodman("exec", name, "node", "-e", ready)).toMatch(/^503 waiting for .*GitHub/)
    expect(tryPodman("exec", name, "node", "-e", "require('node:fs').writeFileSync('/app/x', '')")).toBeNull()
    expect(existsSync(join(folder, "data/.agent-harness/memory.db"))).toBe(true)
    podman("stop", name)
    expect(podman("inspect", "--format", "{{.State.ExitCode}}", name)).toBe("0")
    expect(podmanLogs(name)).not.toContain(token)
  }, 180_000)
})
