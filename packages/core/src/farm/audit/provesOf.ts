/** What an audit showed, in sentences. */
import type { AuditReport } from "./AuditReport.ts"

const chains = {
  full: "Each proof has its form, is signed by the key in force, and follows the proof before it.",
  links:
    "Each proof's bytes lead by hash to a later one that the agent's key signed; the signatures between were not verified. Level full verifies each."
} as const

const count = (n: number, one: string): string => `${n} ${one}${n === 1 ? "" : "s"}`

/** The sentences for a ledger without a difference. */
export const provesOf = (report: Omit<AuditReport, "proves" | "first" | "kinds" | "differences">, length: number) => {
  const { archived, checkpoints, level, signed } = report
  const sentences: Array<string> = [
    chains[level],
    "Each column and each sum is what the stored lines and a replay of them give; only the times of arrival cannot be checked.",
    checkpoints === 0
      ? "Nothing is signed yet: no checkpoint says that the ledger was the same before."
      : `${count(signed, "line")} are those that ${count(checkpoints, "checkpoint")} of this tracker sign, and no checkpoint contradicts another. That no other ledger was signed beside this one, only whoever keeps checkpoints elsewhere can say.`
  ]
  if (length > signed && checkpoints > 0)
    sentences.push(`The last ${count(length - signed, "line")} are not signed yet.`)
  if (archived > 0) {
    sentences.push(
      `Of ${count(archived, "archived proof")} the ledger holds ids, hashes and coins, as the tracker signed them; their lines are in files that \`farmops proof verify\` checks.`
    )
  }
  return sentences
}
