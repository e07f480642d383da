/** Chains with rotations, and every kind of damage that a chain can take. */
import {
  agent,
  body,
  type Loose,
  nextKey,
  recovery,
  rotating,
  signed,
  stranger,
  thirdKey,
  withFields
} from "../../../conformance/proof/sampleProofs.ts"
import type { ChainAnchor } from "../src/verify.ts"

type Key = typeof agent

/** A record that hands the chain over: to whom, signed by whom, when not by the key in force. */
export interface Turn {
  readonly at: number
  readonly to: Key
  readonly by?: Key
}

export const anchor: ChainAnchor = { publicKey: agent.publicKey, recoveryKey: recovery.publicKey }

/** A chain signed by the key in force throughout, whatever `change` makes of its records. */
export const chainWith = (
  length: number,
  turns: ReadonlyArray<Turn> = [],
  change: (record: Loose, at: number) => Loose = (record) => record
): ReadonlyArray<string> => {
  const lines: Array<string> = []
  let parent: Loose | null = null
  let key = agent
  for (let at = 0; at < length; at++) {
    const turn = turns.find((other) => other.at === at)
    const plain = change(body(at, parent), at)
    const { record, text } = signed(turn === undefined ? plain : rotating(plain, turn.to), turn?.by ?? key)
    key = turn?.to ?? key
    parent = record
    lines.push(text)
  }
  return lines
}

const edited = (line: string, path: string, value: unknown): string =>
  JSON.stringify(withFields(JSON.parse(line), { [path]: value }))

const otherDigit = (digit: string | undefined) => (digit === "0" ? "1" : "0")

/** Damage done to the stored lines of a good chain, without any key. */
export const damages: Readonly<Record<string, (lines: ReadonlyArray<string>, at: number) => ReadonlyArray<string>>> = {
  "an edited hash": (lines, at) => {
    const line = lines[at] ?? ""
    const digit = line.indexOf('"evidence_hash":"') + 20
    return lines.with(at, line.slice(0, digit) + otherDigit(line[digit]) + line.slice(digit + 1))
  },
  "an edited description": (lines, at) =>
    lines.with(at, edited(lines[at] ?? "", "action.description", "Verified nothing")),
  "an edited parent": (lines, at) => lines.with(at, edited(lines[at] ?? "", "prev_proof_hash", "0".repeat(64))),
  "an edited parent id": (lines, at) =>
    lines.with(at, edited(lines[at] ?? "", "prev_proof_id", "019400d5-8b0a-7c3e-9f21-ffffffffffff")),
  "an edited sequence": (lines, at) => lines.with(at, edited(lines[at] ?? "", "sequence", at + 7)),
  "a space": (lines, at) => lines.with(at, (lines[at] ?? "").replace(",", ", ")),
  "a member hidden in the signature": (lines, at) =>
    lines.with(
      at,
      (lines[at] ?? "").replace(/"signature":"[0-9a-f]{128}/, (text) =>
        `"signature":"","sequence":9,"x":"${text.slice(43)}`.padEnd(text.length, "0")
      )
    ),
  "half a record": (lines, at) => lines.with(at, (lines[at] ?? "").slice(0, 500)),
  nothing: (lines, at) => lines.with(at, ""),
  "a record too large": (lines, at) => lines.with(at, " ".repeat(9000)),
  "a record dropped": (lines, at) => lines.toSpliced(at, 1),
  "a record twice": (lines, at) => lines.toSpliced(at, 0, lines[at] ?? ""),
  "two records that change places": (lines, at) => lines.with(at, lines[at + 1] ?? "").with(at + 1, lines[at] ?? ""),
  "a record signed by a stranger": (lines, at) =>
    lines.with(at, signed(withFields(JSON.parse(lines[at] ?? ""), { "outcome.status": "failure" }), stranger).text),
  "a rotation signed by a stranger": (lines, at) =>
    lines.with(at, signed(rotating(JSON.parse(lines[at] ?? ""), stranger), stranger).text)
}

/** A record changed and signed by the key in force, and the chain built on: what an agent itself can do wrong. */
export const misdeeds: Readonly<Record<string, (length: number, at: number) => ReadonlyArray<string>>> = {
  "an id from the beginning": (length, at) =>
    chainWith(length, [], (record, here) => (here === at ? { ...record, proof_id: body(1).proof_id } : record)),
  "another agent's name": (length, at) =>
    chainWith(length, [], (record, here) =>
      here >= at ? withFields(record, { "agent.agent_id": "00000000-6a52-4a6e-8d0e-3f6d2a9c5b17" }) : record
    ),
  "another agent's name and an id from the beginning": (length, at) =>
    chainWith(length, [], (record, here) =>
      here === at
        ? {
            ...withFields(record, { "agent.agent_id": "00000000-6a52-4a6e-8d0e-3f6d2a9c5b17" }),
            proof_id: body(1).proof_id
          }
        : record
    ),
  "a gap in the sequence": (length, at) =>
    chainWith(length, [], (record, here) => (here >= at ? { ...record, sequence: here + 1 } : record)),
  "a parent of its own": (length, at) =>
    chainWith(length, [], (record, here) => (here === at ? { ...record, prev_proof_hash: "0".repeat(64) } : record)),
  "no parent": (length, at) =>
    chainWith(length, [], (record, here) =>
      here === at ? { ...record, prev_proof_id: null, prev_proof_hash: null } : record
    ),
  "a form of its own": (length, at) =>
    chainWith(length, [], (record, here) => (here === at ? { ...record, more: true } : record)),
  "a rotation to a key from before": (length, at) =>
    chainWith(length, [
      { at: 2, to: nextKey },
      { at, to: agent }
    ]),
  "a rotation to a key from in between": (length, at) =>
    chainWith(length, [
      { at: 1, to: nextKey },
      { at: 2, to: thirdKey },
      { at, to: nextKey }
    ]),
  "a rotation to the recovery key": (length, at) => chainWith(length, [{ at, to: recovery }]),
  "a rotation to the key in force, with an id from the beginning": (length, at) =>
    chainWith(length, [{ at, to: agent }], (record, here) =>
      here === at ? { ...record, proof_id: body(1).proof_id } : record
    )
}

/** Good chains of some length, by what happens in them. */
export const goodChains = (length: number): Readonly<Record<string, ReadonlyArray<string>>> => ({
  "without a rotation": chainWith(length),
  "with rotations": chainWith(length, [
    { at: 0, to: nextKey },
    { at: length >> 1, to: thirdKey, by: recovery }
  ]),
  "that begins and ends with a rotation": chainWith(length, [
    { at: 0, to: nextKey },
    { at: length - 1, to: thirdKey }
  ]),
  "with two rotations in a row": chainWith(length, [
    { at: (length >> 1) - 1, to: nextKey },
    { at: length >> 1, to: thirdKey }
  ])
})
