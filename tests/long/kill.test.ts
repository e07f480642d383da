/**
 * kill -9 of a whole farm at random moments of its backfill. Whatever was cut off, the farm goes on from there: each
 * credited commit has exactly one proof, the chain has no gap, and the coins are those of a farm that was never killed.
 */
import { randomInt } from "node:crypto"
import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { makeRepository } from "../../hosts/cli/test/gitFixture.ts"
import { RunningUp, runFarmops } from "../../hosts/cli/test/runFarmops.ts"

const kills = Number(process.env.KILLS ?? 50)
// Enough that a backfill lasts for several kills; when it is through, the next round starts with an empty folder.
const commits = 1500

/** The processes that a process has started and that still run. */
const childrenOf = (pid: number): ReadonlyArray<number> => {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim().split(" ").filter(Boolean).map(Number)
  } catch {
    return []
  }
}

const isRunning = (pid: number): boolean => {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, "utf8"))
  } catch {
    return false
  }
}

const gone = async (pids: ReadonlyArray<number>): Promise<void> => {
  const until = performance.now() + 10_000
  while (pids.some(isRunning)) {
    if (performance.now() > until) throw new Error("a plugin outlived its agent")
    await new Promise((done) => setTimeout(done, 20))
  }
}

describe("a farm that is killed during its backfill", () => {
  let dir: string
  let repo: string
  let undisturbed: { total_coins: number; bot_coins: number; proofs: number }
  const upArgs = (data: string) => ["--repo", repo, "--data", data, "--port-base", "0", "--no-village"]
  const farmops = async (data: string, ...args: ReadonlyArray<string>) => {
    const done = await runFarmops([...args, "--data", data], dir)
    expect(done, done.stderr).toMatchObject({ code: 0 })
    return done.stdout
  }

  beforeAll(async () => {
    dir = mkdtempSync(join(tmpdir(), "farmops-kill-"))
    repo = join(dir, "repository")
    makeRepository(repo, commits, 1200)
    const up = new RunningUp(upArgs(join(dir, "undisturbed")), dir)
    undisturbed = (await up.event("grown")).farm as typeof undisturbed
    await up.kill("SIGTERM")
  })
  afterAll(() => rmSync(dir, { recursive: true, force: true }))

  /** Lets the backfill finish and looks at everything that the kills could have broken. */
  const audit = async (data: string) => {
    const up = new RunningUp(upArgs(data), dir)
    const farm = (await up.event("grown")).farm as typeof undisturbed
    expect(farm).toMatchObject({
      proofs: commits,
      total_coins: undisturbed.total_coins,
      bot_coins: undisturbed.bot_coins
    })
    const file = join(data, "chain.jsonl")
    const exported = JSON.parse(await farmops(data, "proof", "export", "--out", file, "--json"))
    expect(exported.proofs).toBe(commits)
    const verdict = await farmops(data, "proof", "verify", file, "--key", exported.public_key, "--json")
    expect(JSON.parse(verdict)).toMatchObject({ ok: true, proofs: commits })
    expect(JSON.parse(await farmops(data, "tracker", "replay", "--json"))).toMatchObject({ equal: true })
    expect((await up.kill("SIGTERM")).code).toBe(0)

    // Each commit is one observation; the agent's log pairs it with the proof that it became.
    const log = new DatabaseSync(join(data, "agent", "agent.db"), { readOnly: true })
    const rows = log.prepare("SELECT sequence, observation_id, line FROM agent_proof ORDER BY sequence").all()
    log.close()
    expect(rows.map((row) => row.sequence)).toEqual(rows.map((_, i) => i))
    expect(new Set(rows.map((row) => row.observation_id)).size).toBe(commits)
    expect(`${rows.map((row) => row.line).join("\n")}\n`).toBe(readFileSync(file, "utf8"))
  }

  /** How many proofs the agent's log holds, as the kill left it. */
  const provedIn = (data: string): number => {
    const log = new DatabaseSync(join(data, "agent", "agent.db"))
    const row = log.prepare("SELECT count(*) AS n FROM sqlite_master WHERE name = 'agent_proof'").get()
    const count = row?.n === 1 ? log.prepare("SELECT count(*) AS n FROM agent_proof").get()?.n : 0
    log.close()
    return Number(count)
  }

  /** Any moment will do: soon after the start, or when a random number of new proofs is there. */
  const randomMoment = async (up: RunningUp): Promise<void> => {
    const serving = await up.event("serving")
    if (randomInt(0, 4) === 0) return new Promise((done) => setTimeout(done, randomInt(0, 400)))
    const wanted = randomInt(1, 120)
    for (;;) {
      const status = await (await fetch(`${serving.agent}/api/v1/status`)).json()
      const { phase, proved } = status as { phase: string; proved: number }
      if (proved >= wanted || phase === "watching") return
    }
  }

  it(`is whole after ${kills} kills`, async () => {
    let midway = 0
    let round = 0
    let data = join(dir, `round-${round}`)
    for (let killed = 0; killed < kills; killed++) {
      const up = new RunningUp(upArgs(data), dir)
      await randomMoment(up)
      const plugins = childrenOf(up.pid)
      await up.kill("SIGKILL")
      await gone(plugins)
      const proved = provedIn(data)
      if (proved > 0 && proved < commits) midway++
      if (proved === commits) {
        await audit(data)
        rmSync(data, { recursive: true, force: true })
        data = join(dir, `round-${++round}`)
      }
    }
    await audit(data)
    console.log(`${kills} kills, ${midway} of them in the middle of a backfill`)
    expect(midway).toBeGreaterThan(kills / 4)
  })
})
