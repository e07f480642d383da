import { spawnSync } from "node:child_process"
import { createHash } from "node:crypto"
import { readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { assert, describe, it } from "@effect/vitest"
import { Effect, SubscriptionRef } from "effect"
import { type Deactivation, PluginRuntime } from "../src/runtime/PluginRuntime.ts"
import { observation } from "./observation.ts"
import {
  entry,
  exec,
  manifestIn,
  pluginOf,
  runtimeProgram,
  settled,
  statusWhere,
  temporaryFolder,
  withRuntime
} from "./runtimeFixture.ts"
import type { Oddity } from "./runtimeProgram.ts"

const run = <A, E>(text: string, body: Effect.Effect<A, E, PluginRuntime>) =>
  Effect.gen(function* () {
    const folder = yield* temporaryFolder
    return yield* withRuntime(body, manifestIn(folder, text))
  })

const faultOf = (data: unknown) =>
  Effect.gen(function* () {
    const plugin = yield* pluginOf()
    return (yield* Effect.flip(plugin.verify(observation(data)))).code
  })

const reasonOf = (data: unknown) =>
  Effect.gen(function* () {
    const plugin = yield* pluginOf()
    return (yield* plugin.verify(observation(data))).reason
  })

const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

/** Waits until no such process is left. */
const gone = (pid: number) =>
  Effect.sleep("20 millis").pipe(Effect.repeat({ while: () => isAlive(pid) }), Effect.timeout("10 seconds"))

// The tests' programs lie where no program of a package does.
const repository = fileURLToPath(new URL("../../..", import.meta.url))

const digestOf = (file: string) => createHash("sha256").update(readFileSync(file)).digest("hex")

describe("a plugin of the manifest", () => {
  it.live("is started, asked, and shown as it is", () =>
    run(
      entry(),
      Effect.gen(function* () {
        const { plugins, status } = yield* PluginRuntime
        const atOnce = yield* SubscriptionRef.get(status)
        assert.deepStrictEqual(
          atOnce.map(({ state }) => state),
          ["starting"]
        )
        const plugin = yield* pluginOf()
        assert.strictEqual((yield* plugin.verify(observation("work"))).verdict, "verified")
        const { pid, ...shown } = yield* settled()
        assert.isAbove(pid ?? 0, 0)
        assert.deepStrictEqual(shown, {
          id: "farmops/odd",
          version: "1.2.3",
          digest: digestOf(runtimeProgram),
          protocol_version: 1,
          obtained: "exec",
          state: "ready",
          reason: null,
          confinement: "process",
          sources: ["test"],
          starts: 1,
          rss_bytes: shown.rss_bytes,
          faults: {},
          last_fault: null
        })
        assert.deepStrictEqual(plugin.identity, {
          plugin_id: "farmops/odd",
          version: "1.2.3",
          digest: digestOf(runtimeProgram),
          protocol_version: 1
        })
        assert.deepStrictEqual([...plugin.sources], [["test", []]])
        assert.strictEqual((yield* plugins)[0], plugin)
      })
    )
  )

  it.live.each<[Deactivation, string, Oddity, string]>([
    ["wrong_id", "describes itself with another id", { description: { plugin_id: "farmops/even" } }, ""],
    [
      "bad_description",
      "describes itself outside the contract",
      { description: { description: "x".repeat(2000) } },
      ""
    ],
    [
      "unsupported_protocol",
      "speaks another version of the contract",
      { description: { protocol_versions: [2, 7] } },
      ""
    ],
    ["source_not_allowed", "is allowed none of its sources", {}, "    sources: [git]"],
    ["bad_configuration", "takes no configuration but is given one", {}, "    configuration: { a: 1 }"],
    ["bad_configuration", "is given a wrong one", { configured: true }, "    configuration: { often: 9 }"],
    ["bad_configuration", "refuses its own", { configured: true }, "    configuration: { even: 3 }"],
    [
      "bad_description",
      "publishes a schema that is none",
      { configured: true, description: { configuration_schema: { type: "objekt" } } },
      "    configuration: {}"
    ],
    ["not_ready", "ends before it is ready", { dies: "always" }, "    restart: { policy: never }"],
    ["not_ready", "says nothing", { mute: true }, "    limits: { ready_seconds: 1 }\n    restart: { crash_budget: 0 }"]
  ])("is deactivated with %s when it %s", ([reason, _, oddity, more]) =>
    run(
      entry(oddity, more),
      Effect.gen(function* () {
        const status = yield* settled()
        assert.deepInclude(status, { state: "deactivated", reason, pid: null })
        const { plugins } = yield* PluginRuntime
        assert.deepStrictEqual(yield* plugins, [])
      })
    )
  )

  it.live("runs only as the file that its digest names", () =>
    Effect.gen(function* () {
      const pinned = (digest: string) => entry().replace('"command"', `"digest":"${digest}","command"`)
      const right = digestOf(runtimeProgram)
      assert.deepInclude(yield* run(pinned(`sha256:${right}`), settled()), { state: "ready", digest: right })
      const wrong = yield* run(pinned("0".repeat(64)), settled())
      assert.deepInclude(wrong, { state: "deactivated", reason: "digest_mismatch", starts: 1, digest: null })
    })
  )

  it.live("is not started below the confinement that is required", () =>
    run(
      entry({}, "    require_confinement: bubblewrap"),
      Effect.gen(function* () {
        assert.deepInclude(yield* settled(), { state: "deactivated", reason: "not_confined" })
      })
    )
  )

  it.live("is given its configuration and nothing of the environment but what is listed", () =>
    Effect.gen(function* () {
      const folder = yield* temporaryFolder
      const text = entry(
        { configured: true },
        `    environment: [SHARED, UNSET, { GIVEN: "1" }]\n    configuration: { namespaces: [a], often: 2 }`
      )
      const body = Effect.gen(function* () {
        assert.strictEqual(yield* reasonOf("configuration"), '{"namespaces":["a"],"often":2}')
        const names = [
          "FARMOPS_PLUGIN_SOCKET",
          "FARMOPS_PLUGIN_TOKEN",
          "GIVEN",
          "HOME",
          "LANG",
          "LC_ALL",
          "PATH",
          "SHARED"
        ]
        assert.deepStrictEqual((yield* reasonOf("environment")).split(" "), names)
      })
      yield* withRuntime(body, manifestIn(folder, text), {}, { SHARED: "s", PRIVATE: "p" })
    })
  )

  it.live("is degraded by a fault until it has answered well three times", () =>
    run(
      entry(),
      Effect.gen(function* () {
        assert.strictEqual(yield* faultOf("throw"), "error")
        const { last_fault, ...status } = yield* settled()
        assert.deepInclude(status, { state: "degraded", faults: { error: 1 } })
        assert.strictEqual(last_fault?.code, "error")
        yield* reasonOf("work")
        yield* reasonOf("work")
        assert.strictEqual((yield* settled()).state, "degraded")
        yield* reasonOf("work")
        assert.deepInclude(yield* settled(), { state: "ready", faults: { error: 1 } })
      })
    )
  )

  it.live("that crashes is started again, and calls wait for it", () =>
    run(
      entry(),
      Effect.gen(function* () {
        const before = yield* reasonOf("pid")
        assert.strictEqual(yield* faultOf("crash"), "crashed")
        assert.notStrictEqual(yield* reasonOf("pid"), before)
        assert.deepInclude(yield* settled(), { state: "degraded", starts: 2, faults: { crashed: 1 } })
      })
    )
  )

  it.live("that does not come up at first is tried again", () =>
    Effect.gen(function* () {
      const folder = yield* temporaryFolder
      const text = entry({ dies: { once: `${folder}/died` } })
      yield* withRuntime(
        Effect.gen(function* () {
          const status = yield* statusWhere("farmops/odd", ({ state }) => state === "ready" || state === "degraded")
          assert.deepInclude(status, { starts: 2, faults: { not_ready: 1 } })
        }),
        manifestIn(folder, text)
      )
    })
  )

  it.live("that crashes at each call uses up its budget, and that ends it", () =>
    run(
      entry({}, "    restart: { crash_budget: 2, backoff_first_ms: 1 }"),
      Effect.gen(function* () {
        const plugin = yield* pluginOf()
        for (let crash = 0; crash < 3; crash++) {
          assert.strictEqual((yield* Effect.flip(plugin.verify(observation("crash")))).code, "crashed")
        }
        const status = yield* statusWhere("farmops/odd", ({ state }) => state === "deactivated")
        assert.deepInclude(status, { reason: "crash_budget", starts: 3, faults: { crashed: 3 } })
        assert.strictEqual((yield* Effect.flip(plugin.verify(observation("work")))).code, "deactivated")
      })
    )
  )

  it.live("that hangs is replaced; one that only waits goes on", () =>
    run(
      entry({}, "    limits: { call_seconds: 1, stop_seconds: 0.2 }"),
      Effect.gen(function* () {
        const before = yield* reasonOf("pid")
        assert.strictEqual(yield* faultOf("wait"), "deadline")
        assert.strictEqual(yield* reasonOf("pid"), before)
        assert.strictEqual(yield* faultOf("hang"), "deadline")
        assert.notStrictEqual(yield* reasonOf("pid"), before)
        assert.deepInclude(yield* settled(), { starts: 2, faults: { deadline: 2 } })
      })
    )
  )

  it.live("has the time for a verdict that it asks for, where the manifest allows more", () =>
    run(
      entry(
        { description: { wanted_limits: { call_ms: 100, memory_mib: null, cpu_percent: null } } },
        "    limits: { call_seconds: 600 }"
      ),
      Effect.gen(function* () {
        assert.strictEqual(yield* faultOf("wait"), "deadline")
        assert.deepInclude(yield* settled(), { state: "degraded", starts: 1, faults: { deadline: 1 } })
      })
    )
  )

  it.live("that hangs while nobody asks is found out", () =>
    Effect.gen(function* () {
      const folder = yield* temporaryFolder
      const text = entry({}, "    limits: { call_seconds: 1, stop_seconds: 0.2 }")
      const body = Effect.gen(function* () {
        const plugin = yield* pluginOf()
        yield* Effect.timeoutOption(plugin.verify(observation("hang")), "100 millis")
        yield* statusWhere("farmops/odd", ({ starts, state }) => starts === 2 && state === "degraded")
      })
      yield* withRuntime(body, manifestIn(folder, text), { lookMs: 200 })
    })
  )

  it.live("that the agent catches at a leak three times is deactivated, and its process is gone", () =>
    run(
      entry(),
      Effect.gen(function* () {
        const plugin = yield* pluginOf()
        const pid = Number((yield* plugin.verify(observation("pid"))).reason)
        yield* plugin.blame("leak")
        yield* plugin.blame("leak")
        assert.deepInclude(yield* settled(), { state: "degraded", faults: { leak: 2 } })
        yield* plugin.blame("leak")
        assert.deepInclude(yield* settled(), { state: "deactivated", reason: "leak", pid: null })
        yield* gone(pid)
      })
    )
  )

  it.live("is sent no more than a source and the fields that its owner allows", () =>
    run(
      entry(
        {
          description: {
            sources: [
              { source_type: "test", permissions: [], fields: [] },
              { source_type: "git", permissions: [], fields: ["/id"] },
              { source_type: "kubernetes", permissions: [], fields: ["/object/data/tls.crt", "/object/metadata/name"] }
            ]
          }
        },
        "    sources: [test, kubernetes]"
      ),
      Effect.gen(function* () {
        const plugin = yield* pluginOf()
        assert.deepStrictEqual(
          [...plugin.sources],
          [
            ["test", []],
            ["kubernetes", ["/object/metadata/name"]]
          ]
        )
      })
    )
  )
})

describe("a plugin of an agent that was killed", () => {
  it.live.each(["process", "auto"])("is gone soon after, at level %s", (level) =>
    Effect.gen(function* () {
      const folder = yield* temporaryFolder
      const file = manifestIn(
        folder,
        entry({}, `    readable: ["${repository}"]`).replace("confinement: process", `confinement: ${level}`)
      )
      const agent = fileURLToPath(new URL("./killedRuntime.ts", import.meta.url))
      const { stdout } = spawnSync(process.execPath, ["--conditions=@farmops/source", agent, file], {
        encoding: "utf8"
      })
      const pid = Number(stdout)
      assert.isAbove(pid, 0)
      yield* gone(pid)
    })
  )
})

describe("plugins that share one process", () => {
  const shared = (oddity: Oddity = {}) =>
    [
      "hosts:",
      `  together: ${JSON.stringify({ ...JSON.parse(exec(oddity)), confinement: "process", limits: { ready_seconds: 15 } })}`,
      "plugins:",
      "  - { id: farmops/one, host: together }",
      "  - { id: farmops/two, host: together, sources: [git] }",
      "  - { id: farmops/three, host: together }"
    ].join("\n")

  it.live("each have their own socket in it, and each their own state", () =>
    run(
      shared({ without: ["farmops/three"] }),
      Effect.gen(function* () {
        const one = yield* settled("farmops/one")
        assert.strictEqual(one.state, "ready")
        assert.deepInclude(yield* settled("farmops/two"), { state: "deactivated", reason: "source_not_allowed" })
        assert.deepInclude(yield* settled("farmops/three"), { state: "deactivated", reason: "not_ready" })
        const plugin = yield* pluginOf("farmops/one")
        assert.strictEqual((yield* plugin.verify(observation("pid"))).reason, String(one.pid))
        assert.deepInclude((yield* plugin.verify(observation("environment"))).reason.split(" "), "FARMOPS_PLUGIN_IDS")
      })
    )
  )

  it.live("crash together, and come back together", () =>
    run(
      shared().replace(", sources: [git]", ""),
      Effect.gen(function* () {
        const [one, two] = [yield* pluginOf("farmops/one"), yield* pluginOf("farmops/two")]
        assert.strictEqual((yield* Effect.flip(one.verify(observation("crash")))).code, "crashed")
        assert.strictEqual((yield* two.verify(observation("work"))).verdict, "verified")
        assert.strictEqual((yield* one.verify(observation("work"))).verdict, "verified")
        assert.deepInclude(yield* settled("farmops/two"), { starts: 2, faults: { crashed: 1 } })
      })
    )
  )
})
