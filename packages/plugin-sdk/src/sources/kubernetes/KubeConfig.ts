/**
 * Finds an API server in a kubeconfig, or from inside a pod. What would run a program, trust any certificate or send a token in
 * the clear is refused in a sentence: a kubeconfig is often somebody else's file.
 */
import { readFile } from "node:fs/promises"
import { dirname, resolve } from "node:path"
import { parseYaml } from "@farmops/core/config/YamlSource"
import { Config, Effect, Option, Redacted, Schema } from "effect"
import { type KubeConnection, type Material, readCredentials } from "./KubeConnection.ts"

/** The kubeconfig, or this place, gives no connection that is taken. `reason` names keys and contexts, never a credential. */
export class KubeConfigRefused extends Schema.TaggedError<KubeConfigRefused>()("KubeConfigRefused", {
  reason: Schema.String
}) {
  override get message() {
    return this.reason
  }
}

/** Which part of a kubeconfig is meant, and what the operator allows. */
export interface KubeConfigOptions {
  /** The file's own `current-context` without it. */
  readonly context?: string | undefined
  /** Takes a certificate of anybody, and plain HTTP to other machines. */
  readonly allowInsecure?: boolean | undefined
}

const Text = Schema.optionalKey(Schema.NullOr(Schema.String))
const Cluster = Schema.Struct({
  server: Schema.String,
  "tls-server-name": Text,
  "insecure-skip-tls-verify": Schema.optionalKey(Schema.Boolean),
  "certificate-authority": Text,
  "certificate-authority-data": Text,
  "proxy-url": Text
})
const User = Schema.Struct({
  token: Text,
  tokenFile: Text,
  "client-certificate": Text,
  "client-certificate-data": Text,
  "client-key": Text,
  "client-key-data": Text,
  ...{ username: Text, password: Text, as: Text },
  exec: Schema.optionalKey(Schema.Unknown),
  "auth-provider": Schema.optionalKey(Schema.Unknown)
})
const named = <const K extends string, S extends Schema.Constraint>(key: K, schema: S) =>
  Schema.optionalKey(
    Schema.NullOr(
      Schema.Array(
        Schema.Struct({ name: Schema.String, [key]: schema } as { name: typeof Schema.String } & Record<K, S>)
      )
    )
  )
const KubeConfigFile = Schema.Struct({
  "current-context": Text,
  clusters: named("cluster", Cluster),
  users: named("user", User),
  contexts: named("context", Schema.Struct({ cluster: Schema.String, user: Text }))
})

// Kubeconfigs of people with hundreds of clusters stay below it.
const fileBytesMax = 4 * 1024 * 1024
const refuse = (reason: string) => new KubeConfigRefused({ reason })
const isHere = (url: URL) => ["localhost", "127.0.0.1", "[::1]"].includes(url.hostname)

const serverOf = (text: string, allowInsecure: boolean): URL | KubeConfigRefused => {
  const url = URL.canParse(text) ? new URL(text) : null
  if (url === null || !["http:", "https:"].includes(url.protocol)) return refuse("the server is not an https address")
  if (url.username !== "" || url.password !== "") return refuse("the server's address has a password in it")
  if (url.protocol === "http:" && !isHere(url) && !allowInsecure)
    return refuse("the server is plain http on another machine, where a token could be read on its way")
  return url
}

const material = (
  folder: string,
  data: string | null | undefined,
  file: string | null | undefined
): Material | null => {
  if (data != null && data !== "") {
    const text = Buffer.from(data, "base64").toString("utf8")
    return { text: Redacted.make(text, { label: "kubernetes credentials" }) }
  }
  return file == null || file === "" ? null : { file: resolve(folder, file) }
}

const faultOfUser = (user: typeof User.Type): string | null => {
  if (user.exec !== undefined)
    return "the user's credentials come from a program (exec), which is not run; give the agent a ServiceAccount token"
  if (user["auth-provider"] !== undefined) return "the user's auth-provider is not supported; give the agent a token"
  if (user.username != null || user.password != null) return "a user name and password are not supported; use a token"
  if (user.as != null) return "impersonation (as) is not supported; give the agent an account of its own"
  return null
}

const decodeFile = Schema.decodeUnknownOption(KubeConfigFile)

const parse = (text: string): typeof KubeConfigFile.Type | null => {
  const { document } = parseYaml("kubeconfig", text)
  if (document.errors.length > 0) return null
  try {
    return Option.getOrNull(decodeFile(document.toJS({ maxAliasCount: 0 })))
  } catch {
    return null
  }
}

/** Reads the connection of a context. Paths in the file are relative to it, as for kubectl. */
export const loadKubeConfig = Effect.fn("loadKubeConfig")(function* (file: string, options: KubeConfigOptions = {}) {
  const bytes = yield* Effect.tryPromise({
    try: () => readFile(file),
    catch: () => refuse("the kubeconfig cannot be read")
  })
  if (bytes.length > fileBytesMax) return yield* refuse("the kubeconfig is too long to be one")
  const found = parse(bytes.toString("utf8"))
  if (found === null) return yield* refuse("the kubeconfig is not one: kubectl config view would say more")
  const contextName = options.context ?? found["current-context"] ?? ""
  const context = found.contexts?.find(({ name }) => name === contextName)?.context
  if (context === undefined) return yield* refuse(`the kubeconfig has no context ${JSON.stringify(contextName)}`)
  const cluster = found.clusters?.find(({ name }) => name === context.cluster)?.cluster
  if (cluster === undefined) return yield* refuse(`the context's cluster ${JSON.stringify(context.cluster)} is missing`)
  const user = found.users?.find(({ name }) => name === context.user)?.user ?? {}
  const allowInsecure = options.allowInsecure === true
  const server = serverOf(cluster.server, allowInsecure)
  if (server instanceof KubeConfigRefused) return yield* server
  const fault = faultOfUser(user)
  if (fault !== null) return yield* refuse(fault)
  if (cluster["proxy-url"] != null) return yield* refuse("a proxy (proxy-url) is not supported")
  const insecure = cluster["insecure-skip-tls-verify"] === true
  if (insecure && !allowInsecure)
    return yield* refuse("insecure-skip-tls-verify would trust any server; allow it explicitly or give the CA")
  const folder = dirname(file)
  const inline = user.token == null ? null : { text: Redacted.make(user.token, { label: "kubernetes token" }) }
  const connection: KubeConnection = {
    server,
    serverName: cluster["tls-server-name"] ?? null,
    insecure,
    credentials: readCredentials({
      // As for kubectl, the file wins: it is what rotates.
      token: material(folder, null, user.tokenFile) ?? inline,
      ca: material(folder, cluster["certificate-authority-data"], cluster["certificate-authority"]),
      certificate: material(folder, user["client-certificate-data"], user["client-certificate"]),
      key: material(folder, user["client-key-data"], user["client-key"])
    })
  }
  return connection
})

/** Where the kubelet puts what a pod needs. */
export const serviceAccountFolder = "/var/run/secrets/kubernetes.io/serviceaccount"

/** The connection of the pod that this runs in: its ServiceAccount's token, read again as it rotates, and the cluster's CA. */
export const inClusterConnection = Effect.fn("inClusterConnection")(function* (folder: string = serviceAccountFolder) {
  const variable = (name: string) =>
    Effect.mapError(Config.String(name), () =>
      refuse("this is not a pod: KUBERNETES_SERVICE_HOST and _PORT are not set")
    )
  const host = yield* variable("KUBERNETES_SERVICE_HOST")
  const port = yield* variable("KUBERNETES_SERVICE_PORT")
  const server = serverOf(`https://${host.includes(":") ? `[${host}]` : host}:${port}`, false)
  if (server instanceof KubeConfigRefused) return yield* server
  const connection: KubeConnection = {
    server,
    serverName: null,
    insecure: false,
    credentials: readCredentials({
      token: { file: resolve(folder, "token") },
      ca: { file: resolve(folder, "ca.crt") },
      certificate: null,
      key: null
    })
  }
  return connection
})
