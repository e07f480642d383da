/** The owner's words about an agent, as a person types them, at a tracker that really runs. */
import { spawn } from "node:child_process"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { assert, describe, it } from "@effect/vitest"
import { fingerprintOf } from "@farmops/proof/fingerprint"
import { verifyForkEvidence } from "@farmops/proof/forkEvidence"
import { nodeBackend } from "@farmops/proof/NodeBackend"
import { Effect } from "effect"
import { approvedAgent, configIn, startTracker, temporaryFolder } from "../../hosts/tracker/test/trackerFixture.ts"

const bin = fileURLToPath(new URL("../../hosts/cli/bin/farmops.js", import.meta.url))

interface Finished {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

const aFarm = Effect.gen(function* () {
  const folder = yield* temporaryFolder
  const tracker = yield* startTracker(configIn(folder))
  const agent = yield* approvedAgent(tracker)
  const lines = yield* agent.chain(3)
  for (const line of lines) assert.strictEqual((yield* tracker.submit(line)).status, 201)
  const farmops = (...args: ReadonlyArray<string>) =>
    Effect.promise(
      () =>
        new Promise<Finished>((done, fail) => {
          const child = spawn(
            process.execPath,
            ["--conditions=@farmops/source", bin, ...args, "--tracker-url", tracker.url],
            {
              cwd: folder,
              env: { ...process.env, NODE_OPTIONS: "", NO_COLOR: "1", FARMOPS_OWNER_TOKEN: tracker.token }
            }
          )
          let [stdout, stderr] = ["", ""]
          child.stdout.setEncoding("utf8").on("data", (text) => (stdout += text))
          child.stderr.setEncoding("utf8").on("data", (text) => (stderr += text))
          child.on("error", fail)
          child.on("close", (code) => done({ code, stdout, stderr }))
        })
    )
  return { folder, tracker, agent, farmops }
})

describe("farmops agent", () => {
  it.live("shows who is frozen and why, and approves them again", () =>
    Effect.gen(function* () {
      const { agent, farmops, folder, tracker } = yield* aFarm
      assert.deepStrictEqual(yield* farmops("agent", "forks", agent.agentId), {
        code: 0,
        stdout: "",
        stderr: "no fork of this agent is known\n"
      })
      const { line: rival } = yield* agent.build(null)
      assert.strictEqual((yield* tracker.submit(rival)).json.code, "forked")

      const list = yield* farmops("agent", "list")
      assert.match(list.stdout, /frozen/)
      assert.strictEqual(
        list.stderr,
        `${agent.agentId} is frozen: its key signed two records for one place; farmops agent forks ${agent.agentId}\n`
      )
      const shown = yield* farmops("agent", "forks", agent.agentId.slice(0, 12))
      assert.isTrue(verifyForkEvidence(shown.stdout.trimEnd(), nodeBackend).ok)
      const written = yield* farmops("agent", "forks", agent.agentId, "--out", "forks.jsonl")
      assert.strictEqual(written.stdout, "1 fork was written to forks.jsonl\n")
      assert.strictEqual(readFileSync(join(folder, "forks.jsonl"), "utf8"), shown.stdout)
      const json = JSON.parse((yield* farmops("agent", "forks", agent.agentId, "--json")).stdout)
      assert.deepStrictEqual(json, { agent_id: agent.agentId, forks: [shown.stdout.trimEnd()] })

      const approved = yield* farmops("agent", "approve", agent.agentId)
      assert.deepStrictEqual(approved, {
        code: 0,
        stdout: `${agent.agentId} is approved; its key's fingerprint is ${fingerprintOf(agent.publicKey)}\n`,
        stderr: ""
      })
    }).pipe(Effect.scoped)
  )

  it.live("revokes from a point, or from the beginning, and says how many proofs are void", () =>
    Effect.gen(function* () {
      const { agent, farmops, tracker } = yield* aFarm
      const { proofs } = (yield* tracker.ask("/api/v1/proofs")).json
      const revoke = (...flags: ReadonlyArray<string>) => farmops("agent", "revoke", agent.agentId, ...flags)
      const bad = yield* revoke("--last-trusted", "1:abc")
      assert.deepStrictEqual([bad.code, bad.stdout], [64, ""])
      assert.match(bad.stderr, /SEQUENCE:HASH/)
      const both = yield* revoke("--void-all", "--last-trusted", `1:${proofs[1].hash}`)
      assert.strictEqual(both.code, 64)
      const unknown = yield* revoke("--last-trusted", `1:${"0".repeat(64)}`)
      assert.strictEqual(unknown.code, 65)
      assert.match(unknown.stderr, /no such proof/)
      assert.strictEqual((yield* tracker.ask("/api/v1/agents")).json.agents[0].status, "approved")

      assert.deepStrictEqual(yield* revoke("--last-trusted", `1:${proofs[1].hash}`), {
        code: 0,
        stdout: `${agent.agentId} is revoked\n`,
        stderr: "1 proof is void; the coins were taken back\n"
      })
      const all = yield* revoke("--void-all", "--json")
      assert.deepInclude(JSON.parse(all.stdout), { status: "revoked", void: { recovery: 0, revocation: 3 } })
      assert.strictEqual((yield* farmops("agent", "approve", agent.agentId)).code, 65)
    }).pipe(Effect.scoped)
  )
})
