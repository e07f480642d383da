/** Issues as three kinds of people write them, made from a few phrases by a seeded generator; one in ten carries another's label. */
import type { LabelledIssue } from "../src/minds/classifier/LabelledIssue.ts"
import { seededNumbers } from "../src/minds/classifier/seededOrder.ts"

const phrases: Readonly<Record<string, ReadonlyArray<string>>> = {
  bug: ["it crashes when I save", "throws an exception", "regression since the last release", "the window is blank"],
  feature: ["please add an option", "it would be nice to support", "allow me to configure", "add a keyboard shortcut"],
  question: [
    "how do I set this up?",
    "what is the right way to",
    "is it possible to use",
    "where can I find the manual?"
  ]
}

const nouns = ["editor", "menu", "parser", "server", "plugin", "theme", "cache", "login", "export", "search"]

/** So many of each label, mixed. */
export const makeLabelledIssues = (ofEach: number, seed: number): ReadonlyArray<LabelledIssue> => {
  const next = seededNumbers(seed)
  const pick = (from: ReadonlyArray<string>) => from[Math.floor(next() * from.length)] ?? ""
  const labels = Object.keys(phrases)
  return Array.from({ length: ofEach * labels.length }, (_, at) => {
    const label = labels[at % labels.length] ?? ""
    const voice = phrases[next() < 0.9 ? label : pick(labels)] ?? []
    const body = `The ${pick(nouns)}: ${pick(voice)} ${pick(nouns)}. ${pick(voice)}`
    return { repo: `o/${at % 2 === 0 ? "one" : "two"}`, label, title: `${pick(nouns)}: ${pick(voice)}`, body }
  })
}
