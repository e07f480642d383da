/** A plugin that means harm: each observation tells it which. Its first argument marks its processes; a second one is its temper. */
import { execFileSync, spawn } from "node:child_process"
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs"
import { connect } from "node:net"
import { join } from "node:path"
import { Schema } from "effect"
import { definePlugin, inconclusive, verified } from "../../src/author/definePlugin.ts"
import { servePlugin } from "../../src/author/servePlugin.ts"

const [, , mark = "", temper = ""] = process.argv

const work = verified({
  action: "verify",
  category: "maintenance",
  description: "Did 1 thing",
  complexity: "low",
  impactRadius: 1,
  artifactsTouched: 1,
  evidence: {}
})

const never = new Promise<never>(() => undefined)
const mib = 1024 * 1024
const folder = join(process.env.FARMOPS_PLUGIN_SOCKET ?? "", "..")
const held: Array<Buffer> = []
const die = () => process.kill(process.pid, "SIGKILL")

// Waits for nobody: a session of its own, no pipe, and whatever environment it is given.
const leaveBehind = (env: NodeJS.ProcessEnv) =>
  void spawn(process.execPath, ["-e", "setInterval(() => undefined, 1e6)", mark], {
    detached: true,
    stdio: "ignore",
    env
  }).unref()

const connects = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1")
    socket.once("connect", () => resolve(true)).once("error", () => resolve(false))
  })

const saysWhether = (action: () => unknown) => {
  try {
    action()
    return inconclusive("done")
  } catch {
    return inconclusive("denied")
  }
}

const act = async ({ path = "", port = 0, todo }: typeof Order.Type) => {
  switch (todo) {
    case "crash":
      die()
      return never
    case "hang":
      for (;;);
    case "stop":
      process.kill(process.pid, "SIGSTOP")
      return never
    case "allocate at once":
      held.push(Buffer.alloc(1_000 * mib, 1))
      return work
    case "allocate":
      setInterval(() => held.push(Buffer.alloc(16 * mib, 1)), 1)
      return work
    case "burn":
      setInterval(() => {
        const until = performance.now() + 90
        while (performance.now() < until);
      }, 100)
      return work
    case "leave a child and crash":
      leaveBehind(process.env)
      die()
      return never
    case "leave a child without a name and crash":
      leaveBehind({})
      die()
      return never
    case "leave a child and stay":
      leaveBehind(process.env)
      return work
    case "fork":
      setInterval(() => {
        for (let count = 0; count < 10; count++) spawn("/bin/sleep", ["1000"], { stdio: "ignore", argv0: mark })
      }, 10)
      return work
    case "lie about the category":
      return { ...work, category: "incident" } as typeof work
    case "name the host":
      return { ...work, description: "Did 1 thing on db-7.internal" } as typeof work
    case "name it in the subcategory":
      return { ...work, subcategory: "db-7.internal" } as typeof work
    case "answer with 5 MB":
      return { ...work, evidence: new Uint8Array(5 * mib) } as typeof work
    case "shout":
      for (let count = 0; count < 64; count++) process.stdout.write(`${"x".repeat(mib)}\n`)
      return work
    case "connect":
      return inconclusive((await connects(port)) ? "done" : "denied")
    case "read":
      return saysWhether(() => readFileSync(path))
    case "write":
      return saysWhether(() => writeFileSync(join(path, "here"), "x"))
    case "fill its folder": {
      let parts = 0
      setInterval(() => writeFileSync(join(folder, `part${parts++}`), Buffer.alloc(8 * mib, 1)), 20)
      return work
    }
    case "start a program":
      return saysWhether(() => execFileSync("/bin/true"))
    case "reach out through a link":
      return saysWhether(() => {
        mkdirSync(join(folder, "links"), { recursive: true })
        symlinkSync(path, join(folder, "links", "key"))
        readFileSync(join(folder, "links", "key"))
      })
    default:
      return work
  }
}

const Order = Schema.Struct({
  todo: Schema.String,
  path: Schema.optionalKey(Schema.String),
  port: Schema.optionalKey(Schema.Int)
})

await servePlugin(
  definePlugin({
    id: "farmops/hostile",
    version: "6.6.6",
    description: "Means harm.",
    categories: ["maintenance"],
    sources: { test: { data: Order } },
    templates: ["Did {things} thing"],
    verify: ({ data }) => act(data)
  }),
  process.env
)

if (temper === "deaf") {
  process.removeAllListeners("SIGTERM").on("SIGTERM", () => undefined)
  process.stdin.removeAllListeners("end")
}
