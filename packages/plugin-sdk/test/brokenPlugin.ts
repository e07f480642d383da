/** A plugin that is wrong in the ways that its arguments name, and right in every other. For the conformance kit. */
import { chmodSync } from "node:fs"
import { createServer } from "node:http2"
import { connectNodeAdapter } from "@connectrpc/connect-node"
import { Effect, Schema } from "effect"
import { definePlugin, inconclusive, verified } from "../src/author/definePlugin.ts"
import { servePlugin } from "../src/author/servePlugin.ts"
import { encodeDescription, encodeVerdict } from "../src/contract/encode.ts"
import { FarmPlugin } from "../src/gen/farmops/plugin/v1/plugin_pb.ts"

const faults = new Set(process.argv.slice(2))
const is = (fault: string) => faults.has(fault)
const socket = process.env.FARMOPS_PLUGIN_SOCKET ?? ""

const Drill = Schema.Struct({ name: Schema.String, things: Schema.Int })

const work = ({ name, things }: typeof Drill.Type) =>
  verified({
    action: "verify",
    category: "maintenance",
    description: is("leaks") ? `Did ${name}` : `Did ${things} things`,
    complexity: "low",
    impactRadius: 1,
    artifactsTouched: things,
    evidence: { name, things }
  })

let asked = 0
let together = 0

const plugin = definePlugin({
  id: "farmops/broken",
  version: "1.0.0",
  description: "For tests.",
  categories: ["maintenance"],
  sources: { test: { data: Drill } },
  templates: ["Did {things} things"],
  configuration: Schema.Struct({
    fewest: Schema.Int.pipe(Schema.withDecodingDefaultKey(Effect.succeed(1)))
  }),
  memory: Schema.Struct({ times: Schema.Int }),
  verify: async ({ configuration, data, memory, remember }) => {
    asked++
    together++
    await new Promise((done) => setImmediate(done))
    const crowded = together > 1
    together--
    if (is("crashes") && data.things === 13) process.exit(3)
    if (is("counts")) return inconclusive(`asked ${asked} times`)
    if (is("races") && crowded) return inconclusive("too many at once")
    if (data.things < configuration.fewest) return inconclusive("too few")
    return remember(work(data), { times: (memory?.times ?? 0) + 1 })
  }
})

/** What somebody writes who has read the .proto file and nothing else. */
const serveCarelessly = () =>
  createServer(
    connectNodeAdapter({
      routes: (router) =>
        router.service(FarmPlugin, {
          describe: () => encodeDescription({ ...plugin.description, configuration_schema: null, capabilities: [] }),
          verify: () => encodeVerdict(work({ name: "anything", things: 1 })),
          configureSources: () => ({})
        })
    })
  ).listen(socket)

if (is("dead")) {
  process.stderr.write("no licence found\n")
  process.exitCode = 3
} else if (is("mute")) createServer(() => undefined).listen(socket)
else if (is("careless")) serveCarelessly()
else {
  await servePlugin(plugin, process.env)
  if (is("open")) chmodSync(socket, 0o666)
  if (is("stubborn")) process.removeAllListeners("SIGTERM").on("SIGTERM", () => undefined)
  if (is("orphan")) process.stdin.removeAllListeners("end")
}
