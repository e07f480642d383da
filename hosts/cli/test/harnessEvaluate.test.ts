import { mkdtemp, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, assert, beforeAll, describe, it } from "vitest"
import { runFarmops } from "./runFarmops.ts"

const words: Readonly<Record<string, ReadonlyArray<string>>> = {
  bug: ["it crashes when I save", "throws an exception at start", "the window stays blank since the update"],
  question: ["how do I set this up?", "what is the right way to use it?", "where can I find the manual?"]
}

const issues = (ofEach: number) =>
  Object.entries(words).flatMap(([label, phrases]) =>
    Array.from({ length: ofEach }, (_, at) => ({
      repo: "octo/farm",
      label,
      title: phrases[at % phrases.length] ?? "",
      body: `${phrases[(at + 1) % phrases.length]} (${at})`
    }))
  )

describe("farmops harness evaluate", () => {
  let folder = ""
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "farmops-evaluate-"))
    await writeFile(join(folder, "train.json"), JSON.stringify(issues(12)))
    await writeFile(join(folder, "test.json"), JSON.stringify(issues(4)))
    await writeFile(join(folder, "few.json"), JSON.stringify(issues(2)))
  })
  afterAll(() => rm(folder, { recursive: true, force: true }))
  const evaluate = (train: string, test: string, ...more: ReadonlyArray<string>) =>
    runFarmops(["harness", "evaluate", "--train", train, "--test", test, ...more], folder)

  it("prints accuracy, a row for each label, the confusion and the calibration", async () => {
    const { code, stderr, stdout } = await evaluate("train.json", "test.json")
    assert.deepStrictEqual([code, stderr], [0, ""])
    assert.match(stdout, /^accuracy 1\.000, macro F1 1\.000 on 8 issues; trained on 24 in \d/)
    assert.match(stdout, /^bug +4 +1\.000 +1\.000 +1\.000$/m)
    assert.match(stdout, /^IS \\ SAID +bug +question\nbug +4 +0\nquestion +0 +4$/m)
    assert.match(stdout, /^CONFIDENCE +ANSWERS +RIGHT$/m)
  })

  it("prints the same as JSON and nothing else", async () => {
    const { code, stdout } = await evaluate("train.json", "test.json", "--json")
    const { accuracy, confusion, issues } = JSON.parse(stdout)
    assert.deepStrictEqual([code, accuracy, issues], [0, 1, 8])
    assert.deepStrictEqual(confusion, [
      [4, 0],
      [0, 4]
    ])
  })

  it("says in one line what is wrong with a file, and how to go on", async () => {
    const none = await evaluate("none.json", "test.json")
    assert.deepStrictEqual([none.code, none.stdout], [74, ""])
    assert.match(none.stderr, /^farmops: \S+none\.json: there is no such file\.\n$/)
    const few = await evaluate("few.json", "test.json")
    assert.strictEqual(few.code, 65)
    assert.match(few.stderr, /needs 6 issues of each label; "bug" has 2\. .*mind: keyword\n$/)
  })
})
