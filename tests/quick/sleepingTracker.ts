/** An agent and a tracker as programs of their own, and a log that has grown for as long as the tracker slept. */
import { type ChildProcess, execFileSync, spawn } from "node:child_process"
import { once } from "node:events"
import { mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { createServer } from "node:net"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { fileURLToPath } from "node:url"
import { NodeServices } from "@effect/platform-node"
import { AgentKey } from "@farmops/proof/AgentKey"
import * as Ed25519Node from "@farmops/proof/Ed25519Node"
import { FarmSalt, farmSaltFromHex } from "@farmops/proof/FarmSalt"
import { encodeHex } from "@farmops/proof/hex"
import { type BuiltProof, ProofBuilder, type VerifiedWork } from "@farmops/proof/ProofBuilder"
import type { ChainHead } from "@farmops/proof/verify"
import { DateTime, Effect, Layer, Redacted } from "effect"
import { eventually } from "./FarmProcess.ts"

const ownerToken = "0123456789abcdef0123456789abcdef"

/** A port that nobody listened on a moment ago. */
export const freePort = () =>
  new Promise<number>((done) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const address = server.address()
      const port = typeof address === "object" && address !== null ? address.port : 0
      server.close(() => done(port))
    })
  })

// A program that kept what it has delivered would run out of this long before 100,000 proofs, which are 100 MB as text alone. Without
// it, Node lets garbage lie for as long as the machine has room, and nothing could be told from how much a process holds.
const smallHeap = "--max-old-space-size=96 --max-semi-space-size=4"

const start = (name: "agent" | "tracker", args: ReadonlyArray<string>, cwd: string) => {
  const program = fileURLToPath(new URL(`../../hosts/${name}/bin/farmops-${name}.js`, import.meta.url))
  const child = spawn(process.execPath, [program, ...args], {
    cwd,
    stdio: ["ignore", "pipe", "pipe"],
    env: {
      PATH: process.env.PATH,
      HOME: "/nonexistent",
      GIT_CONFIG_NOSYSTEM: "1",
      GIT_CONFIG_GLOBAL: "/dev/null",
      NODE_OPTIONS: `--conditions=@farmops/source ${smallHeap}`,
      FARMOPS_OWNER_TOKEN: ownerToken
    }
  })
  const output = { text: "" }
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (text) => {
      output.text += text
    })
  }
  return { child, output }
}

/** What the agent's API says of itself, as far as these tests look. */
export interface AgentStatus {
  readonly phase: string
  readonly proved: number
  readonly warnings: ReadonlyArray<string>
  readonly observations: { readonly pending: number; readonly paused: boolean }
  readonly outbox: {
    readonly pending: number
    readonly delivered: number
    readonly max: number
    readonly full: boolean
  }
}

const work = (at: number): VerifiedWork => ({
  timestamp: DateTime.makeUnsafe(Date.now() - 86_400_000 + at),
  clusterAlias: "local",
  actor: { identifier: Redacted.make("ann@example.org"), type: "human" },
  action: {
    plugin: "farmops/test",
    action_type: "fix",
    category: "toil",
    subcategory: null,
    description: `Fixed ${at} things`
  },
  status: "success",
  evidence: new TextEncoder().encode(`evidence ${at}`),
  hints: { complexity: "low", impact_radius: 1, artifacts_touched: 1, time_spent_seconds: null }
})

/** One agent, one tracker, one repository, all in `folder`. */
export class SleepingTracker {
  readonly folder: string
  agentUrl = ""
  trackerUrl = ""
  #agent: ReturnType<typeof start> | null = null
  #tracker: ReturnType<typeof start> | null = null
  /** Lines of agent.yaml besides its data folder and the repository. */
  readonly #settings: string

  constructor(folder: string, settings: string) {
    this.folder = folder
    this.#settings = settings
    mkdirSync(join(folder, "repository"))
    this.#git("init", "--quiet")
    this.commit("first")
  }

  #git(...args: ReadonlyArray<string>): void {
    const who = ["-c", "user.name=Ann", "-c", "user.email=ann@example.org"]
    execFileSync("git", ["-C", join(this.folder, "repository"), ...who, ...args], {
      env: { PATH: process.env.PATH, HOME: "/nonexistent", GIT_CONFIG_NOSYSTEM: "1" }
    })
  }

  /** One more observation for the agent. */
  commit(name: string): void {
    writeFileSync(join(this.folder, "repository", `${name}.ts`), `${name}\n`)
    this.#git("add", ".")
    this.#git("commit", "--quiet", "-m", name)
  }

  async startTracker(): Promise<void> {
    const port = this.trackerUrl === "" ? await freePort() : Number(new URL(this.trackerUrl).port)
    this.trackerUrl = `http://127.0.0.1:${port}`
    const db = join(this.folder, "tracker", "farm.db")
    this.#tracker = start("tracker", ["--db", db, "--port", String(port)], this.folder)
    await this.#serving(this.#tracker, `${this.trackerUrl}/healthz`)
  }

  async startAgent(): Promise<void> {
    const port = await freePort()
    this.agentUrl = `http://127.0.0.1:${port}`
    const repository = "repository:\n  path: repository\n"
    writeFileSync(join(this.folder, "agent.yaml"), `data: agent\n${repository}${this.#settings}`)
    const flags = ["--config", "agent.yaml", "--tracker-url", this.trackerUrl, "--port", String(port)]
    this.#agent = start("agent", flags, this.folder)
    await this.#serving(this.#agent, `${this.agentUrl}/healthz`)
  }

  async #serving({ child, output }: ReturnType<typeof start>, url: string): Promise<void> {
    await eventually(
      url,
      async () => {
        if (child.exitCode !== null) throw new Error(`it ended with ${child.exitCode}: ${output.text}`)
        return fetch(url).then(
          (answer) => (answer.ok ? true : null),
          () => null
        )
      },
      60
    )
  }

  /** Lets the agent in, and waits until its first proof is with the tracker. */
  async approve(): Promise<void> {
    const agent = await eventually("the agent asks", async () => {
      const { agents } = (await (await fetch(`${this.trackerUrl}/api/v1/agents`)).json()) as {
        agents: ReadonlyArray<{ agent_id: string }>
      }
      return agents[0] ?? null
    })
    await fetch(`${this.trackerUrl}/api/v1/agents/${agent.agent_id}/approve`, {
      method: "POST",
      headers: { authorization: `Bearer ${ownerToken}` }
    })
    await eventually("the first proof", async () => ((await this.proofs()) >= 1 ? true : null), 60)
    await eventually("the cursor", async () => ((await this.status()).outbox.pending === 0 ? true : null), 60)
  }

  async proofs(): Promise<number> {
    const farm = (await (await fetch(`${this.trackerUrl}/api/v1/farm`)).json()) as { proofs: number }
    return farm.proofs
  }

  async status(): Promise<AgentStatus> {
    return (await (await fetch(`${this.agentUrl}/api/v1/status`)).json()) as AgentStatus
  }

  /** Resident memory of the agent's process now. */
  agentMib(): number {
    const text = readFileSync(`/proc/${this.#agent?.child.pid}/status`, "utf8")
    return Number(/VmRSS:\s+(\d+)/.exec(text)?.[1]) / 1024
  }

  agentSays(): string {
    return this.#agent?.output.text ?? ""
  }

  async end(which: "agent" | "tracker", signal: NodeJS.Signals): Promise<void> {
    const child: ChildProcess | undefined = (which === "agent" ? this.#agent : this.#tracker)?.child
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return
    const closed = once(child, "close")
    child.kill(signal)
    await closed
  }

  /** Appends `count` proofs to the stopped agent's log: what it would have written meanwhile, in one transaction instead of many. */
  async grow(count: number): Promise<void> {
    const data = join(this.folder, "agent")
    const db = new DatabaseSync(join(data, "agent.db"))
    const salt = farmSaltFromHex(readFileSync(join(data, "farm-salt"), "utf8").trim())
    if (salt === null) throw new Error("the agent has no salt yet")
    const last = db.prepare("SELECT sequence, proof_id, hash FROM agent_proof ORDER BY sequence DESC LIMIT 1").get()
    const observe = db.prepare("INSERT INTO agent_observation VALUES (?)")
    const insert = db.prepare("INSERT INTO agent_proof VALUES (?, ?, ?, ?, ?, ?)")
    const write = ({ evidenceSalt, hash, line, proof }: BuiltProof) => {
      const observation = `grown ${proof.sequence}`
      observe.run(observation)
      insert.run(proof.sequence, proof.proof_id, hash, line, observation, encodeHex(Redacted.value(evidenceSalt)))
      return { sequence: proof.sequence, proofId: proof.proof_id, hash }
    }
    const grow = Effect.gen(function* () {
      const builder = yield* ProofBuilder
      let head: ChainHead = {
        sequence: Number(last?.sequence),
        proofId: String(last?.proof_id),
        hash: String(last?.hash)
      }
      for (let at = 0; at < count; at++) head = write(yield* builder.build(work(at), head))
    })
    const layer = ProofBuilder.layer.pipe(
      Layer.provide([AgentKey.layerFile(data), FarmSalt.layer(salt)]),
      Layer.provide(Ed25519Node.layer),
      Layer.provide(NodeServices.layer)
    )
    db.exec("BEGIN")
    await Effect.runPromise(Effect.provide(grow, layer))
    db.exec("COMMIT")
    db.close()
  }
}

/**
 * The tracker sleeps, the outbox fills up, the agent pauses and shows it; the tracker wakes, both are killed on the way, and in the
 * end it has every proof once, and the work that was seen late too. Gives what was measured.
 */
export const sleepAndCatchUp = async (farm: SleepingTracker, proofs: number) => {
  await farm.startTracker()
  await farm.startAgent()
  await farm.approve()
  await farm.end("agent", "SIGTERM")
  await farm.end("tracker", "SIGTERM")
  await farm.grow(proofs)
  farm.commit("late")
  await farm.startAgent()
  const paused = await eventually(
    "the agent pauses",
    async () => {
      const status = await farm.status()
      return status.warnings.includes("outbox_full") ? status : null
    },
    60
  )
  const restingMib = farm.agentMib()
  const warned = farm.agentSays().split("the outbox is full").length - 1

  await farm.startTracker()
  const began = performance.now()
  let peakMib = restingMib
  const seen = new Set<number>()
  const reach = (share: number) =>
    eventually(
      `${share} of the proofs`,
      async () => {
        const { outbox } = await farm.status()
        seen.add(outbox.pending)
        peakMib = Math.max(peakMib, farm.agentMib())
        return outbox.delivered >= 1 + share * proofs ? true : null
      },
      20 * 60
    )
  await reach(0.2)
  await farm.end("agent", "SIGKILL")
  await farm.startAgent()
  await reach(0.5)
  await farm.end("tracker", "SIGKILL")
  await farm.startTracker()
  await reach(1)
  const seconds = (performance.now() - began) / 1000
  const total = proofs + 2
  await eventually("the late commit", async () => ((await farm.proofs()) === total ? true : null), 120)
  const last = await eventually("the last answer", async () => {
    const status = await farm.status()
    return status.outbox.pending === 0 ? status : null
  })
  return { paused, warned, restingMib, peakMib, seconds, steps: seen.size, last, total }
}
