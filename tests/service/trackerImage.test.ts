/** The tracker's image, started as `compose.yaml` says: nobody in particular, a root that cannot be written, no capability. */
import { chownSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as Ed25519Node from "@farmops/proof/Ed25519Node"
import { Effect } from "effect"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { parse } from "yaml"
import { makeTestAgent } from "../../packages/core/test/proofFixture.ts"
import { eventually } from "../quick/FarmProcess.ts"
import { buildImage, podman, podmanMissing, tryPodman } from "./hostImage.ts"

const compose = parse(readFileSync(new URL("../../deploy/tracker/compose.yaml", import.meta.url), "utf8"))
const name = `farmops-tracker-test-${process.pid}`

/** What `compose.yaml` says of a service. A key that is not read here is not shown to work, so there is none. */
interface ComposeService {
  readonly image: string
  readonly ports: ReadonlyArray<string>
  readonly restart: string
  readonly read_only: boolean
  readonly user: string
  readonly stop_grace_period: string
  readonly cap_drop: ReadonlyArray<string>
  readonly security_opt: ReadonlyArray<string>
  readonly tmpfs: ReadonlyArray<string>
  readonly volumes: ReadonlyArray<string>
  readonly environment: Readonly<Record<string, string>>
  readonly healthcheck: { readonly test: ReadonlyArray<string> }
}

/** The same for podman. */
const flagsOf = (service: ComposeService, folder: string): ReadonlyArray<string> => {
  const { cap_drop, environment, healthcheck: _, image, ports, read_only, restart, ...rest } = service
  const { security_opt, stop_grace_period, tmpfs, user, volumes, ...unknown } = rest
  expect(unknown).toEqual({})
  expect([image, ports, restart]).toEqual([
    "ghcr.io/farmops/stats-tracker:latest",
    ["127.0.0.1:8443:8443"],
    "unless-stopped"
  ])
  return [
    ...(read_only === true ? ["--read-only"] : []),
    // A container may not raise its own limits above those of a test that is in one.
    ...["--ulimit", "nofile=1024:1024", "--ulimit", "nproc=1024:1024"],
    ...["--user", user, "--stop-timeout", String(Number.parseInt(stop_grace_period, 10))],
    ...cap_drop.flatMap((capability) => ["--cap-drop", capability]),
    ...security_opt.flatMap((option) => ["--security-opt", option]),
    ...tmpfs.flatMap((mount) => ["--tmpfs", mount]),
    ...volumes.flatMap((volume) => ["--volume", volume.replace(/^\./, folder)]),
    ...Object.entries(environment).flatMap(([key, value]) => ["--env", `${key}=${value}`])
  ]
}

const inside = (code: string, ...args: ReadonlyArray<string>) => tryPodman("exec", name, "node", "-e", code, ...args)

const ask = (path: string, token: string, body?: string): { readonly status: number; readonly text: string } | null => {
  const code = `const [path, token, body] = process.argv.slice(1)
    fetch("http://127.0.0.1:8443" + path, { method: body === undefined ? "GET" : "POST", body,
      headers: { authorization: "Bearer " + token, "content-type": "application/json" } }).then(
      async (r) => console.log(JSON.stringify({ status: r.status, text: await r.text() })), () => process.exit(1))`
  const answer = inside(code, path, token, ...(body === undefined ? [] : [body]))
  return answer === null ? null : JSON.parse(answer)
}

describe.skipIf(podmanMissing !== null)("the tracker's image", () => {
  let image: ReturnType<typeof buildImage>
  let folder: string

  const start = () =>
    podman(
      ...["run", "--detach", "--pull=never", "--network", "none", "--name", name],
      ...flagsOf(compose.services.tracker, folder),
      image.name
    )

  beforeAll(() => {
    image = buildImage("tracker")
    folder = mkdtempSync(join(tmpdir(), "farmops-tracker-image-"))
    for (const part of ["data", "keys"]) {
      mkdirSync(join(folder, part), { mode: 0o700 })
      chownSync(join(folder, part), 65532, 65532)
    }
  }, 180_000)
  afterAll(() => {
    tryPodman("rm", "--force", "--time", "0", name)
    image?.remove()
    if (folder !== undefined) rmSync(folder, { recursive: true })
  })

  const [how, ...probe] = compose.services.tracker.healthcheck.test
  const healthy = () => {
    expect(how).toBe("CMD")
    return eventually("the health check", async () => (tryPodman("exec", name, ...probe) === null ? null : true), 60)
  }

  const stopped = () => {
    podman("stop", name)
    expect(podman("inspect", "--format", "{{.State.ExitCode}}", name)).toBe("0")
    podman("rm", name)
  }

  it("takes a proof, ends with 0 when it is told to, and has the proof in the next container", async () => {
    start()
    await healthy()
    const token = readFileSync(join(folder, "keys/owner-token"), "utf8").trim()
    for (const secret of ["keys/tracker.key", "keys/owner-token", "data/farmops.db"]) {
      const { mode, uid } = statSync(join(folder, secret))
      expect([mode & 0o777, uid], secret).toEqual([0o600, 65532])
    }
    const agent = await Effect.runPromise(Effect.provide(makeTestAgent, Ed25519Node.layer))
    const enrolment = await Effect.runPromise(agent.enrolment)
    ask("/api/v1/agents/enroll", token, JSON.stringify(enrolment))
    expect(ask(`/api/v1/agents/${agent.agentId}/approve`, token, "")).toMatchObject({ status: 200 })
    const proof = Effect.runSync(agent.next())
    // Its port is open to other machines, so a signature alone is not enough.
    expect(ask("/api/v1/proofs", "nobody's", proof)).toMatchObject({ status: 401 })
    const { api_key } = JSON.parse(ask(`/api/v1/agents/${agent.agentId}/key`, token, "")?.text ?? "{}")
    expect(ask("/api/v1/proofs", api_key, proof)).toMatchObject({ status: 201 })
    expect(ask("/api/v1/farm", "nobody's")).toMatchObject({ status: 401 })
    expect(ask("/verify", "")).toMatchObject({ status: 200 })
    expect(inside("console.log(process.getuid(), process.getgid())")).toBe("65532 65532")
    expect(inside("require('node:fs').writeFileSync('/app/x', '')")).toBeNull()
    stopped()

    start()
    await healthy()
    expect(JSON.parse(ask("/api/v1/farm", token)?.text ?? "{}")).toMatchObject({ proofs: 1 })
    stopped()
  }, 240_000)
})
