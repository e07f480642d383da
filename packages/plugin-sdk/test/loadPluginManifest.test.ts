import { fileURLToPath } from "node:url"
import { NodeServices } from "@effect/platform-node"
import { assert, describe, expect, it } from "@effect/vitest"
import { Effect } from "effect"
import { loadPluginManifest } from "../src/runtime/loadPluginManifest.ts"
import { defaultRestart, defaultUnitLimits } from "../src/runtime/PluginManifest.ts"
import { manifestIn, temporaryFolder } from "./runtimeFixture.ts"

const load = (text: string, environment: Readonly<Record<string, string>> = {}) =>
  Effect.gen(function* () {
    const folder = yield* temporaryFolder
    const manifest = yield* loadPluginManifest(manifestIn(folder, text), environment)
    return { folder, ...manifest }
  }).pipe(Effect.provide(NodeServices.layer))

const plugin = (...lines: ReadonlyArray<string>) =>
  ["plugins:", "  - id: farmops/odd", ...lines.map((line) => `    ${line}`)].join("\n")
const started = (...lines: ReadonlyArray<string>) => plugin("exec: { command: odd }", ...lines)

const none = "plugins or a socket_directory is expected; `plugins: []` stands for none at all"
const way = "exactly one of exec, host, socket and wasm is expected"

describe("the plugins' manifest", () => {
  it.effect("is read with its defaults", () =>
    Effect.gen(function* () {
      const { folder, socketDirectory, units } = yield* load(started())
      assert.isNull(socketDirectory)
      const [unit] = units
      assert.deepInclude(unit, { key: "farmops/odd", limits: defaultUnitLimits, restart: defaultRestart })
      assert.deepStrictEqual(unit?.program, {
        kind: "exec",
        command: "odd",
        args: [],
        digest: null,
        environment: {},
        readable: null,
        shared: false,
        confinement: "auto",
        requireConfinement: null
      })
      assert.deepInclude(unit?.plugins[0], { id: "farmops/odd", sources: null, secrets: {}, configuration: undefined })
      assert.include(unit?.plugins[0]?.complain(["a", 1], "is wrong"), `${folder}/farmops-plugins.yaml:2:5: `)
    })
  )

  it.effect("may say that there is no plugin at all", () =>
    Effect.gen(function* () {
      assert.deepInclude(yield* load("plugins: []"), { units: [], socketDirectory: null })
    })
  )

  it.effect("is what the documentation shows", () =>
    Effect.gen(function* () {
      const file = fileURLToPath(new URL("../../../examples/plugin-manifest/farmops-plugins.yaml", import.meta.url))
      const manifest = yield* loadPluginManifest(file, { RESTORE_DRILL_TOKEN: "t0ken", TZ: "UTC" })
      assert.deepStrictEqual(
        manifest.units.map(({ key, program }) => [key, program.kind]),
        [
          ["acme/certificate-renewal", "exec"],
          ["acme/restore-drill", "socket"],
          ["acme/count-only", "wasm"],
          ["host:first-party", "exec"]
        ]
      )
      const [renewal] = manifest.units
      assert.deepInclude(renewal?.program, { environment: { TZ: "UTC", LOG_LEVEL: "warn" } })
      assert.deepInclude(renewal?.plugins[0], { secrets: { kubernetes: ["/object/data/tls.crt"] } })
      assert.deepInclude(manifest.socketDirectory, { path: "/run/farmops/plugins", sources: ["webhook"] })
    }).pipe(Effect.provide(NodeServices.layer))
  )

  it.effect("takes paths from its own folder, and from the agent's environment what it allows", () =>
    Effect.gen(function* () {
      const environment = { GIVEN: "1", PRIVATE: "2", TOKEN: "t0ken" }
      const variable = (name: string) => ["$", "{", name, "}"].join("")
      const { folder, units } = yield* load(
        [
          "plugins:",
          "  - id: farmops/one",
          "    exec: { command: ./bin/one, args: [../a.js, --flag, b.js] }",
          "    environment: [GIVEN, UNSET, { OWN: value }]",
          "    limits: { call_seconds: 2.5, memory_mib: 64 }",
          "    restart: { policy: never, backoff_first_ms: 90000 }".replace("90000", "60000"),
          `  - { id: farmops/two, socket: { path: two.sock, token: "${variable("TOKEN")}" } }`,
          "  - { id: farmops/three, wasm: { module: three.wasm } }",
          "  - { id: farmops/four, host: many }",
          "  - { id: farmops/five, host: many, sources: [git] }",
          "hosts:",
          "  many: { command: node, args: [./host.js] }"
        ].join("\n"),
        environment
      )
      const [one, two, three, many] = units
      assert.deepInclude(one?.program, {
        command: `${folder}/bin/one`,
        args: [folder.replace(/[^/]+$/, "a.js"), "--flag", "b.js"],
        environment: { GIVEN: "1", OWN: "value" }
      })
      assert.deepInclude(one?.limits, { callMsMax: 2500, memoryMibMax: 64, stopMsMax: defaultUnitLimits.stopMsMax })
      assert.deepInclude(one?.restart, { again: false, backOff: { firstMs: 60_000, maxMs: 60_000 } })
      assert.deepStrictEqual(two?.program, { kind: "socket", path: `${folder}/two.sock`, token: "t0ken" })
      assert.strictEqual(two?.restart.crashBudget, Number.POSITIVE_INFINITY)
      assert.deepStrictEqual(three?.program, { kind: "wasm", module: `${folder}/three.wasm`, digest: null })
      assert.deepInclude(many, { key: "host:many" })
      assert.deepInclude(many?.program, { shared: true, args: [`${folder}/host.js`] })
      assert.deepStrictEqual(
        many?.plugins.map(({ id, sources }) => [id, sources]),
        [
          ["farmops/four", null],
          ["farmops/five", ["git"]]
        ]
      )
    })
  )

  it.effect.each<[string, string, { readonly line: number; readonly path?: string; readonly expected: string }]>([
    [
      "an id that is none",
      "plugins:\n  - id: odd",
      {
        line: 2,
        path: "plugins[0].id",
        expected: "an id like farmops/git-history is expected, of at most 70 characters"
      }
    ],
    ["no way to obtain it", plugin(), { line: 2, path: "plugins[0]", expected: way }],
    [
      "two ways to obtain it",
      started("wasm: { module: odd.wasm }"),
      { line: 4, path: "plugins[0].wasm", expected: way }
    ],
    [
      "an OCI artifact",
      plugin("oci: ghcr.io/farmops/odd"),
      { line: 3, path: "plugins[0].oci", expected: "is not supported yet" }
    ],
    [
      "a setting that nobody knows",
      started("source: [git]"),
      { line: 4, path: "plugins[0].source", expected: "is not a setting that is known here" }
    ],
    [
      "an unknown setting further in",
      plugin("exec:", "  command: odd", "  arg: []"),
      { line: 5, path: "plugins[0].exec.arg", expected: "is not a setting that is known here" }
    ],
    ["no command", plugin("exec: {}"), { line: 3, path: "plugins[0].exec.command", expected: "is missing" }],
    [
      "half a digest",
      plugin("exec:", "  command: odd", "  digest: sha256:abc"),
      { line: 5, path: "plugins[0].exec.digest", expected: "a SHA-256 of 64 lowercase hex digits is expected" }
    ],
    [
      "a source type that is none",
      started("sources: [git, Kube]"),
      { line: 4, path: "plugins[0].sources[1]", expected: "a source type like git is expected" }
    ],
    [
      "a Secret's field that is no pointer",
      started("secrets:", "  kubernetes: [tls.crt]"),
      {
        line: 5,
        path: "plugins[0].secrets.kubernetes[0]",
        expected: "a JSON Pointer like /object/data/tls.crt is expected"
      }
    ],
    [
      "no memory at all",
      started("limits:", "  memory_mib: 1"),
      { line: 5, path: "plugins[0].limits.memory_mib", expected: "a whole number from 16 to 65536 is expected" }
    ],
    [
      "endless patience",
      started("limits:", "  ready_seconds: 3600"),
      { line: 5, path: "plugins[0].limits.ready_seconds", expected: "a number of seconds from 0.1 to 300 is expected" }
    ],
    [
      "a restart policy that is none",
      started("restart: { policy: sometimes }"),
      { line: 4, path: "plugins[0].restart.policy", expected: 'Expected "always" | "never"' }
    ],
    [
      "a level that is none",
      started("confinement: jail"),
      { line: 4, path: "plugins[0].confinement", expected: 'Expected "auto" | "process" | "permission" | "bubblewrap"' }
    ],
    [
      "one of the agent's own variables",
      started("environment: [FARMOPS_PLUGIN_TOKEN]"),
      {
        line: 4,
        path: "plugins[0].environment[0]",
        expected: "names that begin with FARMOPS_PLUGIN_ are the agent's own"
      }
    ],
    [
      "a variable without a name",
      started("environment: [1-2]"),
      { line: 4, path: "plugins[0].environment[0]", expected: "the name of an environment variable is expected" }
    ],
    [
      "two variables in one",
      started("environment: [{ A: x, B: y }]"),
      { line: 4, path: "plugins[0].environment[0]", expected: "one NAME: value is expected" }
    ],
    [
      "a confinement for what the agent does not start",
      plugin("socket: { path: odd.sock }", "confinement: bubblewrap"),
      { line: 4, path: "plugins[0].confinement", expected: "is for plugins that the agent starts as a process" }
    ],
    [
      "a limit that belongs to its host",
      "hosts: { many: { command: odd } }\nplugins:\n  - id: farmops/odd\n    host: many\n    limits: {}",
      { line: 5, path: "plugins[0].limits", expected: "belongs to the host, since its plugins share one process" }
    ],
    [
      "the same id twice",
      `${started()}\n  - id: farmops/odd\n    wasm: { module: odd.wasm }`,
      { line: 4, path: "plugins[1].id", expected: "another plugin has this id already" }
    ],
    [
      "a host that is not there",
      plugin("host: many"),
      { line: 3, path: "plugins[0].host", expected: "the name of one of the hosts of this file is expected" }
    ],
    [
      "a host that nobody uses",
      "hosts:\n  many: { command: odd }",
      { line: 2, path: "hosts.many", expected: "no plugin names this host" }
    ],
    ["nothing in it", "", { line: 1, path: "", expected: none }],
    ["a comment alone", "# plugins:\n", { line: 1, path: "", expected: none }],
    [
      "a NUL in an argument",
      plugin("exec:", "  command: odd", '  args: [a, "b\\0c"]'),
      { line: 5, path: "plugins[0].exec.args[1]", expected: "a text without a NUL is expected" }
    ],
    [
      "a NUL in a variable",
      started('environment: [{ A: "b\\0" }]'),
      { line: 4, path: "plugins[0].environment[0].A", expected: "a text without a NUL is expected" }
    ],
    [
      "a plugin of the folder that it obtains otherwise",
      `${started()}\nsocket_directory:\n  path: .\n  plugins: [acme/one, farmops/odd]`,
      { line: 6, path: "socket_directory.plugins[1]", expected: "another plugin has this id already" }
    ],
    [
      "a token that is not there",
      "socket_directory:\n  path: .\n  token_file: none",
      { line: 3, path: "socket_directory.token_file", expected: "a file with one line, the token, is expected" }
    ],
    [
      "a variable that is not set",
      started(['environment: [{ A: "$', '{NONE}" }]'].join("")),
      { line: 4, path: "plugins[0].environment[0].A", expected: "the environment variable NONE is not set" }
    ]
  ])("is refused with its line when it has %s", ([_, text, expected]) =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(load(text))
      expect(error).toMatchObject({ _tag: "ConfigInvalid", ...expected })
      expect(error.message).toMatch(/farmops-plugins\.yaml:\d+:\d+: /)
    })
  )
})
