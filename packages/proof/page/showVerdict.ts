/** Puts a verdict on the page, in words. */
import { type FileVerdict, verdictJson } from "../src/verifyFile.ts"
import { element, place } from "./elements.ts"

const kinds = {
  chain: "a chain of proofs",
  proof: "one proof",
  fork: "evidence of a fork",
  bundle: "a proof bundle",
  archive: "an archive"
}

const titleOf = ({ fault }: FileVerdict): string => {
  if (fault === null) return "It holds"
  if (fault.code === "key_needed") return "A key is needed"
  return fault.code === "bad_key" && fault.line === null ? "A key is not one" : "It does not hold"
}

const factsOf = (
  name: string,
  { fault, head, kind, proofs }: FileVerdict
): ReadonlyArray<readonly [string, string]> => [
  ["File", name],
  ["What it is", kind === null ? "nothing that FarmOps makes" : kinds[kind]],
  ...(fault?.line == null ? [] : [["First bad line", String(fault.line)] as const]),
  ...(fault === null
    ? []
    : [["Fault", `${fault.code}: ${fault.path === null ? "" : `${fault.path} `}${fault.detail}`] as const]),
  ["Good proofs", String(proofs)],
  ...(head === null ? [] : [[fault === null ? "Head" : "Last good proof", head.hash] as const])
]

const listOf = (title: string, sentences: ReadonlyArray<string>): ReadonlyArray<HTMLElement> =>
  sentences.length === 0
    ? []
    : [element("h3", title), element("ul", ...sentences.map((sentence) => element("li", sentence)))]

/** Fills the result and says it aloud. */
export const showVerdict = (name: string, verdict: FileVerdict): void => {
  const result = place("result", HTMLElement)
  const title = titleOf(verdict)
  result.dataset.ok = String(verdict.fault === null)
  place("verdict", HTMLElement).textContent = title
  place("summary", HTMLElement).textContent = verdict.summary
  place("facts", HTMLElement).replaceChildren(
    ...factsOf(name, verdict).flatMap(([term, fact]) => [element("dt", term), element("dd", fact)])
  )
  place("epochs", HTMLElement).hidden = verdict.epochs.length < 2
  place("epoch-rows", HTMLElement).replaceChildren(
    ...verdict.epochs.map(({ firstSequence, publicKey }) =>
      element("tr", element("td", String(firstSequence)), element("td", publicKey))
    )
  )
  place("sentences", HTMLElement).replaceChildren(
    ...listOf("What was checked", verdict.checked),
    ...listOf("What it shows", verdict.shows),
    ...listOf("What it does not show", verdict.doesNotShow)
  )
  place("json", HTMLElement).textContent = JSON.stringify(verdictJson(verdict), null, 2)
  result.hidden = false
  place("verdict", HTMLElement).scrollIntoView({ block: "nearest" })
  place("said", HTMLElement).textContent = `${title}. ${verdict.summary}`
}
