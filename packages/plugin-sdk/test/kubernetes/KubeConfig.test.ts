import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { inspect } from "node:util"
import { assert, describe, it } from "@effect/vitest"
import { ConfigProvider, Effect, Redacted } from "effect"
import { inClusterConnection, loadKubeConfig } from "../../src/sources/kubernetes/KubeConfig.ts"

const token = "the-token-that-nobody-may-see"
const base64 = (text: string) => Buffer.from(text).toString("base64")

const folder = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "farmops-kubeconfig-"))),
  (made) => Effect.sync(() => rmSync(made, { recursive: true }))
)

const config = (cluster: object = {}, user: object = { token }) =>
  JSON.stringify({
    apiVersion: "v1",
    kind: "Config",
    preferences: {},
    "current-context": "here",
    clusters: [{ name: "c", cluster: { server: "https://api.example.test:6443/base", ...cluster } }],
    users: [{ name: "u", user }],
    contexts: [
      { name: "here", context: { cluster: "c", user: "u", namespace: "ignored" } },
      { name: "elsewhere", context: { cluster: "gone", user: "u" } }
    ]
  })

const load = Effect.fnUntraced(function* (text: string, options: Parameters<typeof loadKubeConfig>[1] = {}) {
  const file = join(yield* folder, "config")
  writeFileSync(file, text)
  return yield* loadKubeConfig(file, options)
}, Effect.scoped)

describe("a kubeconfig", () => {
  it.effect("gives its current context's server, authority and token", () =>
    Effect.gen(function* () {
      const connection = yield* load(config({ "certificate-authority-data": base64("PEM"), "tls-server-name": "name" }))
      const credentials = yield* connection.credentials
      assert.strictEqual(connection.server.href, "https://api.example.test:6443/base")
      assert.strictEqual(connection.serverName, "name")
      assert.strictEqual(credentials.ca, "PEM")
      assert.strictEqual(credentials.token === null ? "" : Redacted.value(credentials.token), token)
      assert.isNull(credentials.client)
    })
  )

  it.effect("shows its token to nobody who prints what it gave", () =>
    Effect.gen(function* () {
      const user = { token, "client-certificate-data": base64("CERT"), "client-key-data": base64("the private key") }
      const credentials = yield* (yield* load(config({}, user))).credentials
      const printed = `${inspect(credentials, { depth: 9 })} ${JSON.stringify(credentials)}`
      assert.notInclude(printed, token)
      assert.notInclude(printed, "the private key")
    })
  )

  it.effect("reads a token's file anew each time, and the file beside the kubeconfig", () =>
    Effect.gen(function* () {
      const place = yield* folder
      writeFileSync(join(place, "config"), config({}, { tokenFile: "token", token: "of yesterday" }))
      const { credentials } = yield* loadKubeConfig(join(place, "config"))
      const now = Effect.map(credentials, (read) => (read.token === null ? "" : Redacted.value(read.token)))
      assert.strictEqual((yield* Effect.flip(now)).code, "no_credentials")
      for (const written of ["first", "second"]) {
        writeFileSync(join(place, "token"), `${written}\n`)
        assert.strictEqual(yield* now, written)
      }
      writeFileSync(join(place, "token"), "two\r\nlines: injected")
      assert.strictEqual((yield* Effect.flip(now)).code, "no_credentials")
    }).pipe(Effect.scoped)
  )

  it.effect.each([
    [
      "credentials of a program",
      config({}, { exec: { command: "touch", args: ["/tmp/x"] } }),
      /program \(exec\), which is not run/
    ],
    ["an auth-provider", config({}, { "auth-provider": { name: "gcp" } }), /auth-provider/],
    ["a password", config({}, { username: "u", password: "p" }), /password are not supported/],
    ["impersonation", config({}, { token, as: "root" }), /impersonation/],
    ["a proxy", config({ "proxy-url": "http://proxy" }), /proxy/],
    ["any certificate", config({ "insecure-skip-tls-verify": true }), /would trust any server/],
    ["plain http to another machine", config({ server: "http://api.example.test" }), /could be read on its way/],
    ["a password in the address", config({ server: "https://u:p@api.example.test" }), /has a password in it/],
    ["another kind of address", config({ server: "file:///etc/passwd" }), /not an https address/],
    ["what is no kubeconfig", "[]", /is not one/],
    ["what is no YAML", "a: b: c", /is not one/]
  ] as const)("is refused with %s, in a sentence without the credentials", ([, text, reason]) =>
    Effect.gen(function* () {
      const refused = yield* Effect.flip(load(text))
      assert.match(refused.reason, reason)
      assert.notInclude(`${refused.message} ${inspect(refused)}`, token)
    })
  )

  it.effect("is refused by the name of a context or a cluster that it lacks, and where there is no file", () =>
    Effect.gen(function* () {
      const lacking = yield* Effect.flip(load(config(), { context: "nowhere" }))
      assert.include(lacking.reason, 'no context "nowhere"')
      const without = yield* Effect.flip(load(config(), { context: "elsewhere" }))
      assert.include(without.reason, 'cluster "gone" is missing')
      const nothing = yield* Effect.flip(loadKubeConfig("/nowhere/config"))
      assert.include(nothing.reason, "cannot be read")
    })
  )

  it.effect("may be insecure where the operator says so", () =>
    Effect.gen(function* () {
      const cluster = { server: "http://api.example.test", "insecure-skip-tls-verify": true }
      const connection = yield* load(config(cluster), { allowInsecure: true })
      assert.isTrue(connection.insecure)
    })
  )
})

describe("a pod's own connection", () => {
  const environment = (variables: Readonly<Record<string, string>>) =>
    Effect.provide(ConfigProvider.layer(ConfigProvider.fromEnv({ env: variables })))

  it.effect("is the API server of its cluster, with the token as it is now", () =>
    Effect.gen(function* () {
      const place = yield* folder
      writeFileSync(join(place, "token"), token)
      writeFileSync(join(place, "ca.crt"), "PEM")
      const connection = yield* inClusterConnection(place)
      assert.strictEqual(connection.server.href, "https://[fd00::1]:6443/")
      const credentials = yield* connection.credentials
      assert.strictEqual(credentials.ca, "PEM")
      writeFileSync(join(place, "token"), "rotated")
      const later = yield* connection.credentials
      assert.strictEqual(later.token === null ? "" : Redacted.value(later.token), "rotated")
    }).pipe(Effect.scoped, environment({ KUBERNETES_SERVICE_HOST: "fd00::1", KUBERNETES_SERVICE_PORT: "6443" }))
  )

  it.effect("is refused where this is no pod", () =>
    Effect.gen(function* () {
      assert.include((yield* Effect.flip(inClusterConnection("/nowhere"))).reason, "this is not a pod")
    }).pipe(environment({}))
  )
})
