/** How many terminal columns text takes. Names come from their owners, so they may hold any script. */

// Unicode's East Asian wide blocks and the emoji; everything else that prints takes one column.
const wide =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\u33ff\u3400-\u4dbf\u4e00-\u9fff\ua000-\ua4cf\ua960-\ua97f\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|\p{Emoji_Presentation}|[\u{17000}-\u{18cff}\u{1b000}-\u{1b2ff}\u{20000}-\u{3fffd}]/u

const clusters = new Intl.Segmenter("en", { granularity: "grapheme" })

const clusterWidth = (cluster: string): number =>
  wide.test(cluster) || cluster.includes("\ufe0f") ? 2 : /^[\p{M}\p{Cf}]+$/u.test(cluster) ? 0 : 1

/** Columns that a terminal gives to the text. */
export const displayWidth = (text: string): number =>
  [...clusters.segment(text)].reduce((sum, { segment }) => sum + clusterWidth(segment), 0)

/** The text itself, or as much of it as leaves a column for `…`; never splits what is one character to a reader. */
export const cutToWidth = (text: string, columns: number): string => {
  if (displayWidth(text) <= columns) return text
  let kept = ""
  let width = 0
  for (const { segment } of clusters.segment(text)) {
    const next = width + clusterWidth(segment)
    if (next > columns - 1) break
    kept += segment
    width = next
  }
  return `${kept.trimEnd()}…`
}
