import { spawn, spawnSync } from "node:child_process"
import { mkdirSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import { parse, parseAllDocuments } from "yaml"
import { freePort } from "../quick/sleepingTracker.ts"
import { helmMissing, helmPrograms } from "./helmPart.ts"
import { type KubernetesCluster, startKubernetes, tokens } from "./KubernetesCluster.ts"
import { kubernetesMissing } from "./kubernetesParts.ts"

const root = fileURLToPath(new URL("../..", import.meta.url))
const chart = join(root, "deploy/agent/helm")

if (helmMissing !== null) console.warn(`skipped: ${helmMissing}`)
if (kubernetesMissing !== null) console.warn(`skipped: ${kubernetesMissing}`)

const helm = (args: ReadonlyArray<string>) => {
  const { status, stderr, stdout } = spawnSync(helmPrograms.helm, [...args], { encoding: "utf8", timeout: 60_000 })
  return { ok: status === 0, stdout, stderr }
}

const noPlugins: { plugins: Array<{ id: string; state: string }> } = { plugins: [] }

const settings = (values: Readonly<Record<string, string>>) =>
  Object.entries({ "tracker.url": "https://tracker.example.org:8443", ...values }).flatMap(([name, value]) => [
    "--set",
    `${name}=${value}`
  ])

const template = (values: Readonly<Record<string, string>> = {}) => {
  const rendered = helm(["template", "farm", chart, ...settings(values)])
  assert.isTrue(rendered.ok, rendered.stderr)
  return parseAllDocuments(rendered.stdout)
    .map((document) => document.toJS())
    .filter((object) => object !== null)
}

const sidecarOf = (name: string, id: string, at = 1) => ({
  [`sidecars[${at}].name`]: name,
  [`sidecars[${at}].id`]: id,
  [`sidecars[${at}].image`]: `registry.example.org/${name}:1`
})
const sidecar = sidecarOf("extra", "acme/extra", 0)

const variants: ReadonlyArray<readonly [string, Readonly<Record<string, string>>]> = [
  ["the least", {}],
  ["one agent a node", { kind: "DaemonSet" }],
  ["a key from a Secret", { "agentKey.existingSecret": "my-key" }],
  ["no volume", { "persistence.enabled": "false" }],
  ["a plugin in a container of its own", sidecar],
  ["a door for webhooks", { "service.enabled": "true", "networkPolicy.enabled": "true" }],
  ["Secrets and custom resources", { "rbac.readSecrets": "true", "rbac.customResources.certManager": "true" }]
]

const podOf = (objects: ReturnType<typeof template>) =>
  objects.find(({ kind }) => kind === "Deployment" || kind === "DaemonSet").spec.template.spec

describe.skipIf(helmMissing !== null)("the agent's chart", () => {
  it("passes helm's own lint, strictly", () => {
    const linted = helm(["lint", "--strict", chart, ...settings({})])
    assert.isTrue(linted.ok, linted.stdout)
  })

  it.each(variants)("renders %s under restricted pod security", (_, values) => {
    const pod = podOf(template(values))
    assert.isTrue(pod.securityContext.runAsNonRoot)
    assert.strictEqual(pod.securityContext.seccompProfile.type, "RuntimeDefault")
    assert.isFalse(pod.automountServiceAccountToken)
    assert.isUndefined(pod.hostNetwork ?? pod.hostPID ?? pod.hostIPC)
    const containers = [...pod.containers, ...(pod.initContainers ?? [])]
    for (const { name, securityContext } of containers) {
      assert.deepInclude(
        securityContext,
        { allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, runAsNonRoot: true },
        name
      )
      assert.deepStrictEqual(securityContext.capabilities, { drop: ["ALL"] }, name)
    }
    for (const volume of pod.volumes) assert.notProperty(volume, "hostPath")
    // The token that can read the cluster is the agent's alone.
    const withToken = containers.filter(({ volumeMounts }) =>
      volumeMounts.some(({ mountPath }: { mountPath: string }) => mountPath.includes("serviceaccount"))
    )
    assert.deepStrictEqual(
      withToken.map(({ name }) => name),
      ["agent"]
    )
  })

  it.each([
    ["no tracker", { "tracker.url": "" }, /tracker\.url is missing/],
    ["agents that share a key", { kind: "DaemonSet", "agentKey.existingSecret": "k" }, /must not share a key/],
    ["agents that share a volume", { kind: "DaemonSet", "persistence.existingClaim": "c" }, /must not share a volume/],
    ["two sidecars of one name", { ...sidecar, ...sidecarOf("extra", "acme/other") }, /two are named extra/],
    ["two sidecars of one id", { ...sidecar, ...sidecarOf("other", "acme/extra") }, /acme\/extra is the id of two/],
    ["a sidecar of a plugin that it runs", sidecarOf("pods", "farmops/k8s-pod-health", 0), /is the id of two/],
    ["another kind", { kind: "Job" }, /kind/],
    ["a value that it does not know", { trackr: "x" }, /trackr/]
  ])("refuses %s", (_, values, complaint) => {
    const rendered = helm(["template", "farm", chart, ...settings(values)])
    assert.isFalse(rendered.ok)
    assert.match(rendered.stderr, complaint)
  })

  it("tells the agent which sidecars it may expect", () => {
    const config = template({ ...sidecar, ...sidecarOf("other", "acme/other") }).find(
      ({ kind }) => kind === "ConfigMap"
    )
    assert.deepStrictEqual(parse(config.data["farmops-plugins.yaml"]).socket_directory, {
      path: "/run/farmops/plugins",
      token_file: "/etc/farmops-sidecars/token",
      plugins: ["acme/extra", "acme/other"]
    })
  })

  it("asks for get, list and watch alone, and for Secrets only where it is told to", () => {
    const rulesOf = (values: Readonly<Record<string, string>>) =>
      template(values).find(({ kind }) => kind === "ClusterRole").rules as ReadonlyArray<{
        readonly verbs: ReadonlyArray<string>
        readonly resources: ReadonlyArray<string>
      }>
    const rules = rulesOf({})
    for (const { resources, verbs } of rules) {
      assert.deepStrictEqual(verbs, ["get", "list", "watch"])
      assert.notInclude(resources, "secrets")
      assert.notInclude(resources, "*")
    }
    assert.isTrue(rulesOf({ "rbac.readSecrets": "true" }).some(({ resources }) => resources.includes("secrets")))
  })
})

describe.skipIf(helmMissing !== null || kubernetesMissing !== null)("the agent's chart on a real API server", () => {
  let cluster: KubernetesCluster
  let kubeconfig: string

  beforeAll(async () => {
    cluster = await startKubernetes()
    kubeconfig = join(cluster.folder, "helm.kubeconfig")
    writeFileSync(
      kubeconfig,
      JSON.stringify({
        apiVersion: "v1",
        kind: "Config",
        "current-context": "test",
        clusters: [
          {
            name: "test",
            cluster: { server: cluster.url, "certificate-authority-data": Buffer.from(cluster.ca).toString("base64") }
          }
        ],
        users: [{ name: "admin", user: { token: tokens.admin } }],
        contexts: [{ name: "test", context: { cluster: "test", user: "admin" } }]
      })
    )
  })
  afterAll(() => cluster?.stop())

  it.each(variants)("is taken with %s", async (_, values) => {
    const name = `farm-${Object.keys(values).length}-${Math.abs(Object.keys(values).join().length)}`
    const manifest = join(cluster.folder, "rendered.yaml")
    const rendered = helm(["template", name, chart, "--namespace", "default", ...settings(values)])
    writeFileSync(manifest, rendered.stdout)
    const { status, stderr } = spawnSync(
      helmPrograms.kubectl,
      ["--kubeconfig", kubeconfig, "apply", "--validate=false", "-f", manifest],
      { encoding: "utf8", timeout: 60_000 }
    )
    assert.strictEqual(status, 0, stderr)
  })

  it("gives the agent a configuration with which it starts, its plugins with it", async () => {
    const { data } = template().find(({ kind }) => kind === "ConfigMap")
    const folder = join(cluster.folder, "agent")
    mkdirSync(folder)
    // What differs from a pod: where things lie, and how the cluster is reached.
    const agent = data["agent.yaml"]
      .replace("/data/agent", join(folder, "data"))
      .replace("in_cluster: true", `kubeconfig: ${kubeconfig}`)
    const port = await freePort()
    const program = join(root, "plugins/host/src/main.ts")
    const manifest = data["farmops-plugins.yaml"]
      .replace("command: node", `command: ${process.execPath}`)
      .replace('"/app/plugin-host.js"', `"--conditions=@farmops/source", "${program}"`)
    writeFileSync(join(folder, "agent.yaml"), agent)
    writeFileSync(join(folder, "farmops-plugins.yaml"), manifest)
    const child = spawn(
      process.execPath,
      [join(root, "hosts/agent/bin/farmops-agent.js"), "--config", "agent.yaml", "--port", String(port)],
      {
        cwd: folder,
        stdio: ["ignore", "ignore", "pipe"],
        env: { PATH: process.env.PATH, NODE_OPTIONS: "--conditions=@farmops/source" }
      }
    )
    let said = ""
    child.stderr.on("data", (text) => {
      said += text
    })
    try {
      const until = performance.now() + 60_000
      const states = async (): Promise<ReadonlyArray<string>> => {
        const answer = await fetch(`http://127.0.0.1:${port}/api/v1/plugins`).catch(() => null)
        const { plugins } = answer === null ? noPlugins : ((await answer.json()) as typeof noPlugins)
        return plugins.map(({ id, state }) => `${id} ${state}`).sort()
      }
      const wanted = ["farmops/k8s-pod-health ready", "farmops/k8s-resource-audit ready"]
      let seen = await states()
      while (JSON.stringify(seen) !== JSON.stringify(wanted) && performance.now() < until && child.exitCode === null) {
        await new Promise((done) => setTimeout(done, 200))
        seen = await states()
      }
      assert.deepStrictEqual(seen, wanted, said)
    } finally {
      child.kill("SIGKILL")
    }
  })

  it("lets the agent read what it watches, and refuses it everything else", async () => {
    const role = template().find(({ kind }) => kind === "ClusterRole")
    await cluster.ask("POST", "/apis/rbac.authorization.k8s.io/v1/clusterroles", role)
    await cluster.ask("POST", "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings", {
      metadata: { name: "rights-of-the-agent" },
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: role.metadata.name },
      subjects: [{ kind: "User", name: "agent" }]
    })
    const may = async (verb: string, group: string, resource: string, subresource = "") => {
      const { body } = await cluster.ask(
        "POST",
        "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews",
        { spec: { resourceAttributes: { verb, group, resource, subresource } } },
        tokens.agent
      )
      return body.status.allowed === true
    }
    for (const [group, resource] of [
      ["", "pods"],
      ["", "namespaces"],
      ["", "events"],
      ["apps", "deployments"],
      ["apps", "statefulsets"],
      ["batch", "jobs"]
    ] as const) {
      for (const verb of ["get", "list", "watch"])
        assert.isTrue(await may(verb, group, resource), `${verb} ${resource}`)
      for (const verb of [
        "create",
        "update",
        "patch",
        "delete",
        "deletecollection",
        "impersonate",
        "escalate",
        "bind"
      ]) {
        assert.isFalse(await may(verb, group, resource), `${verb} ${resource}`)
      }
    }
    for (const verb of ["get", "list", "watch"]) assert.isFalse(await may(verb, "", "secrets"), `${verb} secrets`)
    for (const sub of ["exec", "attach", "portforward", "proxy", "log", "ephemeralcontainers", "eviction"]) {
      for (const verb of ["get", "create"]) assert.isFalse(await may(verb, "", "pods", sub), `${verb} pods/${sub}`)
    }
    // Asked for real: what the review says is what the server does.
    const pods = await cluster.ask("GET", "/api/v1/pods?limit=1", undefined, tokens.agent)
    assert.strictEqual(pods.status, 200)
    const secrets = await cluster.ask("GET", "/api/v1/secrets?limit=1", undefined, tokens.agent)
    assert.strictEqual(secrets.status, 403)
    const killed = await cluster.ask("DELETE", "/api/v1/namespaces/default", undefined, tokens.agent)
    assert.strictEqual(killed.status, 403)
    const made = await cluster.ask(
      "POST",
      "/api/v1/namespaces/default/pods",
      { metadata: { name: "mine" } },
      tokens.agent
    )
    assert.strictEqual(made.status, 403)
  })
})
