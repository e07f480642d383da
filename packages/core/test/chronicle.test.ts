import { spawnSync } from "node:child_process"
import { existsSync } from "node:fs"
import { assert, describe, it } from "@effect/vitest"
import { type ChronicleFacts, chronicleOf } from "../src/farm/chronicle/chronicleOf.ts"
import { chroniclePageMax, cursorOf, pageOf, writeAtom } from "../src/farm/chronicle/writeAtom.ts"
import { describeAchievements } from "../src/farm/describeAchievements.ts"
import { emptyAchievementState } from "../src/farm/economy/AchievementState.ts"
import { defaultAchievements } from "../src/farm/economy/defaultAchievements.ts"
import { defaultCatalogue } from "../src/farm/economy/defaultCatalogue.ts"

const feed = {
  farmId: "01939f2e-0000-7000-8000-000000000000",
  name: "Ann & <Bo>",
  path: "/api/v1/feed.atom",
  foundedAt: "2026-01-01T00:00:00Z"
}

const day = (farmDay: string, coins: number, board: "human" | "bot" = "human") =>
  ({ farmDay, board, category: "toil", proofs: 1, coins, work: 1 }) as const

const facts = (more: Partial<ChronicleFacts> = {}): ChronicleFacts => ({
  achievements: describeAchievements(defaultAchievements, emptyAchievementState(defaultAchievements)),
  purchases: [],
  catalogue: { ...defaultCatalogue, items: [] },
  days: [],
  firstDay: "2026-01-01",
  today: "2026-03-04",
  ...more
})

/** The document as Python's XML parser reads it: a real one, that is not ours. */
const parsed = (document: string) => {
  const script = `
import json, sys, xml.etree.ElementTree as ET
n = "{http://www.w3.org/2005/Atom}"
root = ET.fromstring(sys.stdin.buffer.read())
one = lambda e, name: e.find(n + name).text
print(json.dumps({"tag": root.tag, "id": one(root, "id"), "title": one(root, "title"), "updated": one(root, "updated"),
  "author": root.find(n + "author/" + n + "name").text,
  "links": {l.get("rel"): l.get("href") for l in root.findall(n + "link")},
  "entries": [{"id": one(e, "id"), "title": one(e, "title"), "updated": one(e, "updated"), "content": one(e, "content")}
    for e in root.findall(n + "entry")]}))`
  const { status, stderr, stdout } = spawnSync(python, ["-c", script], {
    input: document,
    encoding: "utf8"
  })
  assert.strictEqual(status, 0, stderr)
  return JSON.parse(stdout)
}

describe("a farm's chronicle", () => {
  it("tells of every level, also of those that a day jumped over, and not of what machines earned", () => {
    const entries = chronicleOf(
      facts({ days: [day("2026-02-01", 49), day("2026-02-01", 900, "bot"), day("2026-02-02", 110)] })
    )
    assert.deepStrictEqual(
      entries.map(({ at, id }) => [id, at]),
      [
        ["level/3", "2026-02-02T00:00:00Z"],
        ["level/2", "2026-02-02T00:00:00Z"]
      ]
    )
  })

  it("tells of achievements with their own time, newest first", () => {
    const [first, second] = defaultAchievements.achievements
    const earned = [
      { slug: first?.slug ?? "", position: 3, at: "2026-02-03T10:00:00Z" },
      { slug: second?.slug ?? "", position: 9, at: "2026-02-04T10:00:00Z" }
    ]
    const achievements = describeAchievements(defaultAchievements, {
      ...emptyAchievementState(defaultAchievements),
      earned
    })
    assert.deepStrictEqual(
      chronicleOf(facts({ achievements })).map(({ title }) => title),
      [`Achieved: ${second?.name}`, `Achieved: ${first?.name}`]
    )
  })

  it("tells of a season once it has begun, and not of one from before the farm", () => {
    const seasonal = defaultCatalogue.items.filter((item) => "season" in item && item.season !== null)
    const [item] = seasonal
    assert.isDefined(item)
    const told = (from: string, until: string, firstDay: string) =>
      chronicleOf(
        facts({
          firstDay,
          catalogue: { ...defaultCatalogue, items: [Object.assign({}, item, { season: { from, until } })] }
        })
      ).map(({ at }) => at)
    assert.deepStrictEqual(told("03-01", "04-01", "2026-01-01"), ["2026-03-01T00:00:00Z"])
    assert.deepStrictEqual(told("12-01", "01-06", "2025-01-01"), ["2025-12-01T00:00:00Z"])
    assert.deepStrictEqual(told("12-01", "01-06", "2026-01-01"), [])
    assert.deepStrictEqual(told("2026-03-05", "2026-04-01", "2026-01-01"), [])
  })
})

const python = "/usr/bin/python3"
const hasPython = existsSync(python)
if (!hasPython) console.warn("skipped: the feed under Python's XML parser; install python3")

describe.skipIf(!hasPython)("the Atom feed", () => {
  it("is what RFC 4287 asks for, to a parser that is not ours, whatever the farm is called", () => {
    const entries = chronicleOf(facts({ days: [day("2026-02-01", 60)] }))
    const document = parsed(writeAtom(feed, pageOf(entries, null)))
    const tag = `tag:${feed.farmId}.farm.invalid,2026:`
    assert.deepStrictEqual(document, {
      tag: "{http://www.w3.org/2005/Atom}feed",
      id: `${tag}chronicle`,
      title: feed.name,
      updated: "2026-02-01T00:00:00Z",
      author: feed.name,
      links: { self: feed.path, first: feed.path },
      entries: [
        { id: `${tag}level/2`, title: "Level 2", updated: "2026-02-01T00:00:00Z", content: "The farm is at level 2." }
      ]
    })
    assert.strictEqual(parsed(writeAtom(feed, pageOf([], null))).updated, feed.foundedAt)
  })

  it("gives every entry once over its pages, while something new comes on top", () => {
    const days = Array.from({ length: 130 }, (_, at) =>
      day(new Date(at * 86_400_000).toISOString().slice(0, 10), 40_000)
    )
    const all = chronicleOf(facts({ days }))
    const newer = { ...(all[0] ?? assert.fail("no entry")), id: "level/9999", at: "2027-01-01T00:00:00Z" }
    const seen: Array<string> = []
    for (let before: string | null = null; ; ) {
      const page = pageOf(before === null ? all : [newer, ...all], before)
      assert.isAtMost(page.entries.length, chroniclePageMax)
      seen.push(...page.entries.map(cursorOf))
      if (page.next === null) break
      const { links } = parsed(writeAtom(feed, page))
      before = new URL(links.next, "http://farm").searchParams.get("before")
      assert.strictEqual(before, page.next)
    }
    assert.deepStrictEqual(seen, all.map(cursorOf))
  })
})
