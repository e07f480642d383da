/**
 * What was done to an issue before, for whoever decides next. Made from the log by a template and nothing else: no word of a stranger,
 * of a model or of a comment is repeated, so that nothing can be planted here for later.
 */
import type { ActionRow, LogRow } from "../actionRows.ts"

/** A summary is a few lines, not a history: the task has room for a thousand bytes. */
export const summaryBytesMax = 1000

type Row = typeof ActionRow.Type
type Logged = typeof LogRow.Type

const deeds: Readonly<Record<Row["action"]["type"], string>> = {
  add_label: "put label on",
  remove_label: "took label off",
  comment: "commented",
  close: "closed it"
}

/** The configuration's labels are the owner's words; a label that policy denied is an agent's, and is not repeated. */
const deedOf = ({ action, verdict }: Row): string =>
  "label" in action
    ? `${deeds[action.type]} ${JSON.stringify(action.label)}`
    : verdict === "close_notice"
      ? "announced that it will be closed"
      : deeds[action.type]

const endings = [
  ["done", ""],
  ["undone", "taken back: "],
  ["proposed", "proposed: "],
  ["shadow", "would have: "]
] as const

const lineOf = (log: Logged, rows: ReadonlyArray<Row>): string => {
  const parts = endings.flatMap(([state, prefix]) => {
    const deeds = rows.filter((row) => row.state === state).map(deedOf)
    return deeds.length === 0 ? [] : [`${prefix}${deeds.join(", ")}`]
  })
  const denied = rows.filter(({ state }) => state === "denied").length
  if (denied > 0) parts.push(`${denied} denied by policy`)
  return `${log.timestamp.slice(0, 16)} UTC: ${log.decision}; ${parts.length === 0 ? "nothing done" : parts.join("; ")}`
}

const bytesOf = (text: string): number => new TextEncoder().encode(text).length

/** Newest first; what does not fit is told by its number alone. Empty where nothing was decided yet. */
export const summarizeIssue = (log: ReadonlyArray<Logged>, actions: ReadonlyArray<Row>): string => {
  const lines = [...log]
    .sort((a, b) => b.id - a.id)
    .map((one) =>
      lineOf(
        one,
        actions.filter(({ log_id }) => log_id === one.id)
      )
    )
  const kept: Array<string> = []
  for (const [at, line] of lines.entries()) {
    const rest = lines.length - at - 1
    const more = rest === 0 ? "" : `\n${rest} earlier`
    if (bytesOf(`${[...kept, line].join("\n")}${more}`) > summaryBytesMax) break
    kept.push(line)
  }
  const rest = lines.length - kept.length
  return [...kept, ...(rest === 0 ? [] : [`${rest} earlier`])].join("\n")
}
