/**
 * A real API server for tests: etcd, kube-apiserver and, where asked for, the controllers, in a temporary folder on ports that were
 * free. There is no kubelet: a test says how a pod is by patching its status, which is all that a kubelet would tell the server.
 */
import { type ChildProcess, execFileSync, spawn } from "node:child_process"
import { mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import https from "node:https"
import { createServer } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { kubernetesMissing, kubernetesPrograms } from "./kubernetesParts.ts"

if (kubernetesMissing !== null) console.warn(`the tests of the API server are skipped: ${kubernetesMissing}`)

/** What the API server answered. */
export interface ApiAnswer {
  readonly status: number
  // biome-ignore lint/suspicious/noExplicitAny: tests read what they know is there
  readonly body: any
}

/** Asks the API server; without a token as its administrator. */
export type AskApi = (method: string, path: string, body?: unknown, token?: string) => Promise<ApiAnswer>

/** A running cluster. */
export interface KubernetesCluster {
  readonly url: string
  readonly folder: string
  readonly ca: string
  readonly ask: AskApi
  /** Like a kubelet: writes how a pod is. */
  readonly fakeKubelet: (namespace: string, pod: string, status: unknown) => Promise<void>
  /** Without a word to anybody, as a machine that lost its power; SIGTERM would let watches go on. */
  readonly killApiserver: () => Promise<void>
  readonly startApiserver: () => Promise<void>
  readonly startControllers: () => Promise<void>
  /** Makes etcd forget all versions but the current one. */
  readonly compact: () => Promise<void>
  readonly stop: () => Promise<void>
}

/** Tokens of the users that every cluster knows. `agent` has no rights until a test binds some. */
export const tokens = { admin: "token-of-the-administrator", agent: "token-of-the-agent" } as const

// Generous: a busy machine is no failure of ours.
const readyMsMax = 150_000
const pollMs = 50

const sleep = (ms: number) => new Promise((done) => setTimeout(done, ms))

const freePort = () =>
  new Promise<number>((done) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const address = server.address()
      server.close(() => done(typeof address === "object" && address !== null ? address.port : 0))
    })
  })

const openssl = (folder: string, ...args: ReadonlyArray<string>) =>
  execFileSync(kubernetesPrograms.openssl, [...args], { cwd: folder, stdio: ["ignore", "ignore", "ignore"] })

/** A CA, a certificate for the server, one for an administrator, and the key that signs ServiceAccounts' tokens. */
const makeCertificates = (folder: string) => {
  const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
  openssl(folder, "req", "-x509", ...key, "-days", "2", "-subj", "/CN=test CA", "-keyout", "ca.key", "-out", "ca.crt")
  const issue = (name: string, subject: string, extension: string) => {
    writeFileSync(join(folder, `${name}.ext`), extension)
    openssl(folder, "req", ...key, "-subj", subject, "-keyout", `${name}.key`, "-out", `${name}.csr`)
    const by = ["-CA", "ca.crt", "-CAkey", "ca.key", "-CAcreateserial", "-days", "2", "-extfile", `${name}.ext`]
    openssl(folder, "x509", "-req", "-in", `${name}.csr`, ...by, "-out", `${name}.crt`)
  }
  issue("server", "/CN=kube-apiserver", "subjectAltName=IP:127.0.0.1,DNS:kubernetes.default.svc")
  issue("client", "/O=system:masters/CN=by-certificate", "extendedKeyUsage=clientAuth")
  openssl(folder, "genrsa", "-out", "accounts.key", "2048")
}

/** A pod that a controller removed between a listing and the kubelet's word on it. */
export class PodGone extends Error {}

/** Starts a cluster and waits until it is ready. */
export const startKubernetes = async (): Promise<KubernetesCluster> => {
  const folder = mkdtempSync(join(tmpdir(), "farmops-kubernetes-"))
  mkdirSync(join(folder, "etcd"))
  makeCertificates(folder)
  const users = [`${tokens.admin},admin,1,"system:masters"`, `${tokens.agent},agent,2`]
  writeFileSync(join(folder, "tokens.csv"), `${users.join("\n")}\n`)
  const [etcdPort, peerPort, port] = [await freePort(), await freePort(), await freePort()]
  const ca = readFileSync(join(folder, "ca.crt"), "utf8")
  const agent = new https.Agent({ keepAlive: true, maxSockets: 16, ca })
  const children = new Map<string, ChildProcess>()

  const launch = (name: string, program: string, args: ReadonlyArray<string>) => {
    const log = openSync(join(folder, `${name}.log`), "a")
    children.set(name, spawn(program, [...args], { cwd: folder, stdio: ["ignore", log, log] }))
  }
  const end = async (name: string, signal: NodeJS.Signals) => {
    const child = children.get(name)
    children.delete(name)
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return
    const ended = new Promise((done) => child.once("exit", done))
    child.kill(signal)
    await ended
  }
  const alive = (name: string) => {
    const child = children.get(name)
    if (child?.exitCode === null) return
    throw new Error(`${name} ended: ${readFileSync(join(folder, `${name}.log`), "utf8").slice(-2000)}`)
  }

  const ask: AskApi = (method, path, body, token = tokens.admin) =>
    new Promise((resolve, reject) => {
      const type = method === "PATCH" ? "application/strategic-merge-patch+json" : "application/json"
      const text = body === undefined ? undefined : JSON.stringify(body)
      const headers = {
        authorization: `Bearer ${token}`,
        accept: "application/json",
        ...(text !== undefined && { "content-type": type, "content-length": Buffer.byteLength(text) })
      }
      const request = https.request({ host: "127.0.0.1", port, path, method, agent, headers }, (message) => {
        const chunks: Array<Buffer> = []
        message.on("error", reject).on("data", (chunk) => chunks.push(chunk))
        message.on("end", () => {
          const answered = Buffer.concat(chunks).toString("utf8")
          const isJson = (message.headers["content-type"] ?? "").includes("json")
          resolve({ status: message.statusCode ?? 0, body: isJson ? JSON.parse(answered) : answered })
        })
      })
      request.on("error", reject).end(text)
    })

  const ready = async (name: string, look: () => Promise<boolean>) => {
    const until = performance.now() + readyMsMax
    while (!(await look().catch(() => false))) {
      alive(name)
      if (performance.now() > until) throw new Error(`${name} did not get ready`)
      await sleep(pollMs)
    }
  }
  const etcdUrl = `http://127.0.0.1:${etcdPort}`
  const etcdAsk = async (path: string, body: unknown) => {
    const answer = await fetch(`${etcdUrl}/v3/${path}`, { method: "POST", body: JSON.stringify(body) })
    return (await answer.json()) as { header?: { revision?: string } }
  }

  const startApiserver = async () => {
    launch("apiserver", kubernetesPrograms.apiserver, [
      `--etcd-servers=${etcdUrl}`,
      "--bind-address=127.0.0.1",
      `--secure-port=${port}`,
      "--tls-cert-file=server.crt",
      "--tls-private-key-file=server.key",
      "--client-ca-file=ca.crt",
      "--token-auth-file=tokens.csv",
      "--authorization-mode=RBAC",
      "--allow-privileged",
      "--service-cluster-ip-range=10.0.0.0/24",
      "--service-account-issuer=https://kubernetes.default.svc",
      "--service-account-key-file=accounts.key",
      "--service-account-signing-key-file=accounts.key",
      // There is no controller that makes a namespace's default ServiceAccount, which this would wait for.
      "--disable-admission-plugins=ServiceAccount"
    ])
    await ready("apiserver", async () => (await ask("GET", "/readyz")).status === 200)
    // It says that it is ready before it has made this.
    await ready("apiserver", async () => (await ask("GET", "/api/v1/namespaces/default")).status === 200)
  }
  const startControllers = async () => {
    const kubeconfig = join(folder, "controllers.kubeconfig")
    writeFileSync(
      kubeconfig,
      JSON.stringify({
        "current-context": "test",
        clusters: [
          { name: "test", cluster: { server: `https://127.0.0.1:${port}`, "certificate-authority": "ca.crt" } }
        ],
        users: [{ name: "admin", user: { token: tokens.admin } }],
        contexts: [{ name: "test", context: { cluster: "test", user: "admin" } }]
      })
    )
    const controllers = "--controllers=deployment,replicaset,statefulset,daemonset,job"
    const args = [`--kubeconfig=${kubeconfig}`, controllers, "--leader-elect=false", "--port=0", "--secure-port=0"]
    launch("controllers", kubernetesPrograms.controllers, args)
  }

  launch("etcd", kubernetesPrograms.etcd, [
    "--data-dir=etcd",
    `--listen-client-urls=${etcdUrl}`,
    `--advertise-client-urls=${etcdUrl}`,
    `--listen-peer-urls=http://127.0.0.1:${peerPort}`,
    "--unsafe-no-fsync"
  ])
  const stop = async () => {
    for (const name of [...children.keys()].toReversed()) await end(name, "SIGKILL")
    agent.destroy()
    rmSync(folder, { recursive: true, force: true })
  }
  try {
    await ready("etcd", async () => (await fetch(`${etcdUrl}/health`)).ok)
    await startApiserver()
  } catch (cause) {
    await stop()
    throw cause
  }
  return {
    url: `https://127.0.0.1:${port}`,
    folder,
    ca,
    ask,
    fakeKubelet: async (namespace, pod, status) => {
      const { body, status: code } = await ask("PATCH", `/api/v1/namespaces/${namespace}/pods/${pod}/status`, {
        status
      })
      if (code === 404) throw new PodGone(`no pod ${pod} to set the status of`)
      if (code !== 200) throw new Error(`the pod's status was not taken: ${code} ${body?.message}`)
    },
    killApiserver: () => end("apiserver", "SIGKILL"),
    startApiserver,
    startControllers,
    compact: async () => {
      const { header } = await etcdAsk("kv/range", { key: Buffer.from("/").toString("base64") })
      await etcdAsk("kv/compaction", { revision: header?.revision, physical: true })
    },
    stop
  }
}
