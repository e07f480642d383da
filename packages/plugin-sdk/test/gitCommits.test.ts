import { describe, expect, it } from "vitest"
import { rawDataBytesMax } from "../src/contract/Observation.ts"
import { type Commit, filesMax, makeLogReader, pathCharactersMax } from "../src/sources/gitCommits.ts"
import { observeCommit } from "../src/sources/gitObservation.ts"

const read = (records: ReadonlyArray<string>): ReadonlyArray<Commit> => {
  const reader = makeLogReader()
  return [...records.map(reader.take), reader.end()].filter((commit) => commit !== null)
}

const head = (id: string, parents = "", name = "Ann") => [`\u001e${id}`, parents, "1700000000", "ann@example.org", name]

describe("the reader of git's log", () => {
  it("reads commits with and without files", () => {
    const commits = read([
      ...head("a1"),
      "\n2\t1\tsrc/a.ts",
      "-\t-\tlogo.png",
      ...head("b2", "a1"),
      ...head("c3", "a1 b2"),
      "\n1\t0\tb"
    ])
    expect(commits.map(({ id, parents, fileCount }) => [id, parents, fileCount])).toEqual([
      ["a1", 0, 2],
      ["b2", 1, 0],
      ["c3", 2, 1]
    ])
    expect(commits[0]).toMatchObject({ committedMs: 1_700_000_000_000, linesAdded: 2, linesDeleted: 1 })
    expect(commits[0]?.files[1]).toEqual({ path: "logo.png", added: 0, deleted: 0 })
  })

  it("is not confused by names and paths that look like records", () => {
    const [first, second, ...rest] = read([
      ...head("a1", "", "\u001edeadbeef"),
      "\n1\t0\t\u001etrap",
      "1\t0\ttab\tand\nline",
      ...head("b2", "a1", "9\t9\tsrc/b")
    ])
    expect(rest).toEqual([])
    expect(first?.name).toBe("\u001edeadbeef")
    expect(first?.files.map(({ path }) => path)).toEqual(["\u001etrap", "tab\tand\nline"])
    expect(second?.name).toBe("9\t9\tsrc/b")
  })

  it("lists a bounded number of files and counts all of them", () => {
    const files = Array.from({ length: filesMax + 500 }, (_, at) => `${at === 0 ? "\n" : ""}3\t1\tfile${at}`)
    const [commit] = read([...head("a1"), ...files])
    expect(commit?.files).toHaveLength(filesMax)
    expect(commit).toMatchObject({ fileCount: filesMax + 500, linesAdded: 7500, linesDeleted: 2500 })
  })

  it("makes an observation that fits a message of the worst paths there can be", () => {
    const path = "\u0001".repeat(4096)
    const files = Array.from({ length: filesMax }, (_, at) => `${at === 0 ? "\n" : ""}999999999\t999999999\t${path}`)
    const [commit] = read([...head("a1", "", "\u0001".repeat(5000)), ...files])
    if (commit === undefined) throw new Error("no commit")
    expect(commit.fileCount).toBe(filesMax)
    expect(commit.files.length).toBe(Math.floor(pathCharactersMax / path.length))
    const { rawData } = observeCommit({ identities: null, bots: [] }, commit, 0)
    expect(rawData.length).toBeLessThan(rawDataBytesMax)
  })
})
