import { existsSync, readdirSync } from "node:fs"
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterEach, assert, beforeEach, describe, it, vi } from "vitest"
import { runFarmops, startFarmops } from "./runFarmops.ts"

interface Ruled {
  readonly action: { readonly type: string; readonly label?: string }
  readonly state: string
  readonly verdict: string
}

interface Issue {
  readonly number: number
  readonly decision: string | null
  readonly leftAlone: { readonly reason: string } | null
  readonly actions: ReadonlyArray<Ruled>
  readonly labels: ReadonlyArray<string>
  readonly comments: number
}

const outcomeOf = ({ actions, comments, decision, labels, leftAlone }: Issue) => [
  decision ?? leftAlone?.reason,
  actions.map(({ action, state, verdict }) => `${action.type} ${action.label ?? ""} ${state} ${verdict}`),
  labels,
  comments
]

// Node keeps a cache of its own beside them.
const demoFolders = (folder: string) => readdirSync(folder).filter((name) => name.startsWith("farmops-demo-"))

describe("farmops harness demo", () => {
  let folder = ""
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "farmops-harness-demo-test-"))
  })
  afterEach(() => rm(folder, { recursive: true, force: true }))

  it("does what policy allows, leaves the rest, proves it, takes it back, and leaves nothing behind", async () => {
    const { code, stderr, stdout } = await runFarmops(["harness", "demo", "--json"], folder, { TMPDIR: folder })
    assert.deepStrictEqual([code, stderr], [0, ""])
    const { after, issues, undoing, verified } = JSON.parse(stdout)
    const labelled = (label: string) => [`add_label ${label} done allowed`, "comment  done allowed"]
    assert.deepStrictEqual(Object.fromEntries(issues.map((issue: Issue) => [issue.number, outcomeOf(issue)])), {
      2: ["label_and_respond", labelled("bug"), ["bug"], 1],
      3: ["label_and_respond", labelled("question"), ["question"], 1],
      4: ["label_and_respond", ["add_label bug done allowed", "comment  denied suspected_injection"], ["bug"], 0],
      5: ["author_is_maintainer", [], [], 0],
      1: ["close", ["comment  shadow allowed", "close  denied mode_off"], [], 0]
    })
    assert.deepStrictEqual(verified, { ok: true, decisions: 4, proofs: 4, chainFault: null, faults: [] })
    assert.deepStrictEqual(undoing, { undone: 5, left: [] })
    for (const { comments, labels } of after) assert.deepStrictEqual([labels, comments], [[], 0])
    assert.deepStrictEqual(demoFolders(folder), [])
  })

  it("says step by step what happens, and keeps its file and its log where it is asked to", async () => {
    const { code, stderr, stdout } = await runFarmops(["harness", "demo", "--keep", "kept"], folder)
    assert.deepStrictEqual([code, stderr], [0, ""])
    assert.match(stdout, /^A stand-in for GitHub with octo\/orchard listens on http:\/\/127\.0\.0\.1:\d+/)
    assert.match(stdout, /policy: {3}comment: denied\n +\(the issue reads as if it addressed an agent/)
    assert.match(stdout, /^verify {3}4 decisions, 4 signed proofs: the chain is whole/m)
    assert.match(stdout, /farmops harness init\n$/)
    assert.includeMembers(readdirSync(join(folder, "kept")), ["agent.key", "config.yaml", "memory.db"])
    assert.include(await readFile(join(folder, "kept", "config.yaml"), "utf8"), 'github_token: "${GITHUB_TOKEN}"')
  })

  it("ends at a signal, and takes its folder with it", async () => {
    const running = startFarmops(["harness", "demo"], folder, { TMPDIR: folder })
    const hasBegun = () => demoFolders(folder).some((name) => existsSync(join(folder, name, "memory.db")))
    await vi.waitUntil(hasBegun, { timeout: 60_000 })
    const { code, stderr, stdout } = await running.kill("SIGINT")
    assert.deepStrictEqual([code, stderr], [130, ""])
    assert.notInclude(stdout, "verify")
    assert.deepStrictEqual(demoFolders(folder), [])
  })

  it("touches no folder that holds something", async () => {
    await writeFile(join(folder, "notes.txt"), "mine")
    const { code, stderr, stdout } = await runFarmops(["harness", "demo", "--keep", "."], folder)
    assert.deepStrictEqual([code, stdout], [64, ""])
    assert.match(stderr, /is not an empty folder\. Name one that is not there yet\.\n$/)
    assert.deepStrictEqual(readdirSync(folder), ["notes.txt"])
  })
})
