import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { gzipSync } from "node:zlib"
import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import { Effect } from "effect"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import {
  type Classifier,
  ClassifierUnreadable,
  classifyIssues,
  encodeClassifier,
  readClassifier
} from "../src/minds/classifier/Classifier.ts"
import { calibrationError, fitSharpness, logLoss, reliabilityBins, softmax } from "../src/minds/classifier/calibrate.ts"
import { evaluateFiles, measureAnswers } from "../src/minds/classifier/evaluateClassifier.ts"
import { readFeatures } from "../src/minds/classifier/issueFeatures.ts"
import { IssuesUnreadable } from "../src/minds/classifier/LabelledIssue.ts"
import { stratifiedFolds } from "../src/minds/classifier/seededOrder.ts"
import { TooFewIssues, trainClassifier } from "../src/minds/classifier/trainClassifier.ts"
import { trainFile } from "../src/minds/classifier/trainFile.ts"
import { decideByClassifier, makeClassifierMind } from "../src/minds/classifierMind.ts"
import { decodeDecision } from "../src/protocol/Decision.ts"
import { makeLabelledIssues } from "./labelledIssues.ts"
import { makeTask } from "./triageTask.ts"

const train = makeLabelledIssues(60, 1)
const test = makeLabelledIssues(40, 2)
const texts = test.map(({ body, repo, title }) => ({ repo, title, body: body ?? "" }))

let folder: string
let classifier: Classifier
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "farmops-classifier-"))
  classifier = Effect.runSync(trainClassifier(train))
})
afterAll(() => rmSync(folder, { recursive: true }))

const inFolder = (name: string, content: string | Uint8Array) => {
  const file = join(folder, name)
  writeFileSync(file, content)
  return file
}

const withFiles = <A, E>(effect: Effect.Effect<A, E, import("effect").FileSystem.FileSystem>) =>
  Effect.runPromise(Effect.provide(effect, NodeFileSystem.layer))

describe("the classifier", () => {
  it("learns from some issues what others are", () => {
    const { accuracy } = measureAnswers(
      test.map(({ label }) => label),
      classifyIssues(classifier, texts)
    )
    // One in ten is labelled against its text, in both sets.
    expect(accuracy).toBeGreaterThan(0.85)
  })

  it("is the same whenever it is trained on the same issues", () => {
    expect(encodeClassifier(Effect.runSync(trainClassifier(train)))).toBe(encodeClassifier(classifier))
  })

  it("says how often it is right, on issues that it left out", () => {
    expect(classifier.report).toMatchObject({ issues: 180 })
    expect(classifier.report.accuracy).toBeGreaterThan(0.8)
    expect(classifier.report.accuracy).toBeLessThan(1)
  })

  it("answers the same when it comes back from a file", async () => {
    const file = inFolder("model.json", encodeClassifier(classifier))
    const read = await withFiles(readClassifier(file))
    const [before, after] = [classifier, read].map((one) => classifyIssues(one, texts))
    expect(after?.map(({ label }) => label)).toEqual(before?.map(({ label }) => label))
    for (const [at, answer] of (after ?? []).entries())
      expect(answer.confidence).toBeCloseTo(before?.[at]?.confidence ?? 0, 4)
    expect(encodeClassifier(read)).toBe(encodeClassifier(classifier))
  })

  it.each([
    ["no file", null],
    ["no JSON", "{"],
    ["another format", `{"format":"x"}`],
    ["a plane too few", "planes"],
    ["weights that are cut", "weights"]
  ])("refuses %s as a classifier", async (name, content) => {
    const form = JSON.parse(encodeClassifier(classifier))
    if (content === "planes") form.planes.pop()
    if (content === "weights") form.planes[0].weights = "AAAAAA=="
    const text = content === "planes" || content === "weights" ? JSON.stringify(form) : content
    const file = text === null ? join(folder, "missing.json") : inFolder(`${name}.json`, text)
    expect(await withFiles(Effect.flip(readClassifier(file)))).toBeInstanceOf(ClassifierUnreadable)
  })

  it("asks for two labels, and for a few issues of each", () => {
    const few = (issues: typeof train) => Effect.runSync(Effect.flip(trainClassifier(issues)))
    expect(few(train.filter(({ label }) => label === "bug"))).toEqual(
      new TooFewIssues({ label: null, issues: 60, issuesMin: 6 })
    )
    const rare = train.filter(({ label }, at) => label !== "question" || at < 9)
    expect(few(rare)).toMatchObject({ label: "question", issues: 3 })
    expect(few([])).toMatchObject({ label: null })
  })

  it("reads any text in a time that grows with its length", () => {
    const hostile = ["`", "<!--", "![", "http://", "a.", " at x:", "\n", "*", "- [", "[a](", "é"]
    for (const piece of hostile) {
      const body = piece.repeat(Math.ceil(65_536 / piece.length))
      const started = performance.now()
      readFeatures({ repo: "o/r", title: piece.repeat(100), body })
      expect(performance.now() - started, piece).toBeLessThan(2000)
    }
  })
})

describe("the classifier as a mind", () => {
  const sure = makeTask({
    issue: { title: "menu: throws an exception", body: "It crashes when I save. Throws an exception" },
    settings: { labels: { Bug: [], feature: [] } }
  })

  it("labels what it is sure of, by the owner's spelling, and says how sure", async () => {
    const decision = await Effect.runPromise(
      Effect.flatMap(makeClassifierMind(classifier).decide(sure), decodeDecision)
    )
    expect(decision.actions[0]).toEqual({ type: "add_label", label: "Bug" })
    expect(decision.confidence).toBeGreaterThan(0.6)
    expect(decision.rationale).toMatch(/bug \d+ %/)
  })

  it("asks for a person where it is not sure, and asks for nothing else", () => {
    const decision = decideByClassifier(classifier, sure, 1)
    expect(decision).toMatchObject({ decision: "escalate", actions: [] })
    expect(decision.rationale).toMatch(/^not sure: /)
  })

  it("uses no label that the owner did not configure", () => {
    const other = makeTask({ issue: sure.payload.issue, settings: { labels: { feature: [] } } })
    expect(decideByClassifier(classifier, other)).toMatchObject({ decision: "skip", actions: [] })
  })

  it("leaves a settled issue and a stale one to the rules that all minds share", () => {
    const closed = makeTask({ issue: { ...sure.payload.issue, state: "closed" } })
    expect(decideByClassifier(classifier, closed).decision).toBe("skip")
    expect(decideByClassifier(classifier, makeTask({ action: "stale" })).actions).toHaveLength(1)
  })
})

describe("evaluate", () => {
  it("trains on one file and measures on another, gzipped or not", async () => {
    const trainFile = inFolder("train.json.gz", gzipSync(JSON.stringify(train)))
    const testFile = inFolder("test.json", JSON.stringify(test.map((issue) => ({ ...issue, created_at: "x" }))))
    const found = await withFiles(evaluateFiles(trainFile, testFile))
    expect(found.issues).toBe(120)
    expect(found.accuracy).toBeGreaterThan(0.85)
    expect(found.labels.map(({ label }) => label)).toEqual(["bug", "feature", "question"])
    expect(found.confusion.flat().reduce((sum, count) => sum + count)).toBe(120)
    expect(found.training.issues).toBe(180)
    expect(JSON.parse(JSON.stringify(found))).toEqual(found)
  })

  it("writes a classifier that the agent reads", async () => {
    const issuesFile = inFolder("issues.json", JSON.stringify(train))
    const modelFile = join(folder, "trained.json")
    const found = await withFiles(trainFile(issuesFile, modelFile))
    expect(found).toMatchObject({ issues: 180, labels: ["bug", "feature", "question"] })
    expect((await withFiles(readClassifier(modelFile))).report.issues).toBe(180)
    const failed = await withFiles(Effect.flip(trainFile(issuesFile, join(folder, "nowhere/model.json"))))
    expect(failed.message).toContain("cannot be written")
  })

  it.each([
    ["missing", null, "there is no such file"],
    ["half a gzip file", gzipSync("[]").subarray(0, 12), "no sound gzip file"],
    ["no JSON", "[", "is not JSON"],
    ["no UTF-8", new Uint8Array([0x22, 0xff, 0x22]), "is not JSON in UTF-8"],
    ["an object", "{}", "is not a JSON array"],
    ["nothing", "[]", "holds no issue"],
    ["an issue without a title", `[{"repo":"o/r","label":"bug","body":null}]`, "title"],
    ["a label without a name", `[{"repo":"o/r","label":"","title":"x","body":null}]`, "label"]
  ])("refuses a file with %s and says why", async (name, content, reason) => {
    const file = content === null ? join(folder, "nowhere.json") : inFolder(`bad ${name}`, content)
    const error = await withFiles(Effect.flip(evaluateFiles(file, file)))
    expect(error).toBeInstanceOf(IssuesUnreadable)
    expect(error.message).toContain(reason)
    expect(error.message).toContain(file)
  })

  it("counts by hand what it counts", () => {
    const answer = (label: string, confidence: number) => ({ label, confidence, probabilities: [] })
    const found = measureAnswers(
      ["bug", "bug", "question", "feature"],
      [answer("bug", 0.9), answer("question", 0.5), answer("question", 0.7), answer("bug", 0.95)],
      0.6
    )
    expect(found.accuracy).toBe(0.5)
    // Rows are the truth, columns the answers: bug, feature, question.
    expect(found.confusion).toEqual([
      [1, 0, 1],
      [1, 0, 0],
      [0, 0, 1]
    ])
    expect(found.labels[0]).toEqual({ label: "bug", issues: 2, precision: 0.5, recall: 0.5, f1: 0.5 })
    expect(found.labels[1]).toEqual({ label: "feature", issues: 1, precision: 0, recall: 0, f1: 0 })
    expect(found.sure).toEqual({ from: 0.6, answers: 0.75, accuracy: 2 / 3 })
  })
})

describe("calibration", () => {
  it("stretches scores until they surprise least", () => {
    // Three of four are right, so a score of 1 against 0 should come to mean 0.75.
    const scores = [
      [1, 0],
      [1, 0],
      [1, 0],
      [1, 0]
    ]
    const sharpness = fitSharpness(scores, [0, 0, 0, 1])
    expect(softmax([1, 0], sharpness)[0]).toBeCloseTo(0.75, 3)
    expect(logLoss(scores, [0, 0, 0, 1], sharpness)).toBeLessThan(logLoss(scores, [0, 0, 0, 1], sharpness * 2))
  })

  it("measures how far confidence is from accuracy", () => {
    const bins = reliabilityBins([
      { confidence: 0.95, right: true },
      { confidence: 0.95, right: false },
      { confidence: 1, right: true },
      { confidence: 0.35, right: false }
    ])
    expect(bins[9]).toMatchObject({ answers: 3, accuracy: 2 / 3 })
    expect(calibrationError(bins)).toBeCloseTo((3 / 4) * (2.9 / 3 - 2 / 3) + (1 / 4) * 0.35, 9)
    expect(calibrationError(reliabilityBins([]))).toBe(0)
  })

  it("deals every class over the folds evenly", () => {
    const classes = Array.from({ length: 50 }, (_, at) => (at < 10 ? 0 : 1))
    const dealt = stratifiedFolds(classes, 5, 3)
    for (let fold = 0; fold < 5; fold++) {
      expect(classes.filter((one, at) => one === 0 && dealt[at] === fold)).toHaveLength(2)
      expect(classes.filter((one, at) => one === 1 && dealt[at] === fold)).toHaveLength(8)
    }
    expect(stratifiedFolds(classes, 5, 4)).not.toEqual(dealt)
  })
})
