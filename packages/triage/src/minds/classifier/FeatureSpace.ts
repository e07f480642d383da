/** Turns issues into sparse vectors: which features there are is learned from one set of issues, and any issue can be placed among them. Pure. */
import { type FeatureGroup, featureGroups, type IssueText, readFeatures } from "./issueFeatures.ts"

/** Rows of a sparse matrix, one after another. */
export interface SparseRows {
  /** Where each row begins; the last entry is the end. */
  readonly starts: Int32Array
  readonly columns: Int32Array
  readonly values: Float32Array
}

/** The features that a set of issues has, and what each weighs by how rare it is. */
export interface FeatureSpace {
  /** For each section, a group or a group of one repository, the place of each of its tokens. */
  readonly sections: ReadonlyMap<string, ReadonlyMap<string, number>>
  readonly rarity: Float32Array
  /** What a token weighs that has no place. It takes its share of an issue's length, so that an issue of strange words has low scores. */
  readonly unseen: number
}

// A model of so many features has some ten megabytes.
const featuresMax = 400_000

/** The sections that a group's tokens belong to, each with its weight. */
const sectionsOf = (group: FeatureGroup, repo: string): ReadonlyArray<readonly [name: string, weight: number]> =>
  group.ownWeight === 0
    ? [[group.code, group.weight]]
    : [
        [group.code, group.weight],
        [`${group.code}@${repo}`, group.ownWeight]
      ]

const eachSection = (
  issue: IssueText,
  visit: (section: string, weight: number, counts: ReadonlyMap<string, number>, group: FeatureGroup) => void
) => {
  const features = readFeatures(issue)
  for (const [at, group] of featureGroups.entries()) {
    const counts = features[at]
    if (counts === undefined) continue
    for (const [section, weight] of sectionsOf(group, issue.repo)) visit(section, weight, counts, group)
  }
}

/** Learns the features of these issues. Looks at no label, so it may see all issues that a choice is made among. */
export const fitFeatureSpace = (issues: ReadonlyArray<IssueText>): FeatureSpace => {
  const seen = new Map<string, { readonly issues: Map<string, number>; readonly min: number }>()
  for (const issue of issues)
    eachSection(issue, (section, _, counts, { issuesMin }) => {
      const known = seen.get(section) ?? { issues: new Map<string, number>(), min: issuesMin }
      seen.set(section, known)
      for (const token of counts.keys()) known.issues.set(token, (known.issues.get(token) ?? 0) + 1)
    })
  const rarity: Array<number> = []
  const sections = new Map<string, Map<string, number>>()
  for (const [section, { issues: counts, min }] of seen) {
    const places = new Map<string, number>()
    for (const [token, count] of counts) {
      if (count < min || rarity.length >= featuresMax) continue
      places.set(token, rarity.length)
      rarity.push(Math.log((1 + issues.length) / (1 + count)) + 1)
    }
    sections.set(section, places)
  }
  return { sections, rarity: Float32Array.from(rarity), unseen: Math.log(1 + issues.length) + 1 }
}

interface Entry {
  readonly column: number
  value: number
}

/** A section's features at length `weight`, so that a long body does not drown a short title. */
const placeSection = (
  counts: ReadonlyMap<string, number>,
  weight: number,
  places: ReadonlyMap<string, number>,
  { rarity, unseen }: FeatureSpace
) => {
  const entries: Array<Entry> = []
  let square = 0
  for (const [token, count] of counts) {
    const column = places.get(token)
    const value = (1 + Math.log(count)) * (column === undefined ? unseen : (rarity[column] ?? 0))
    square += value * value
    if (column !== undefined) entries.push({ column, value })
  }
  const scale = square === 0 ? 0 : weight / Math.sqrt(square)
  for (const entry of entries) entry.value *= scale
  return entries
}

const placeIssue = (issue: IssueText, space: FeatureSpace): ReadonlyArray<Entry> => {
  const entries: Array<Entry> = []
  eachSection(issue, (section, weight, counts) => {
    const places = space.sections.get(section)
    if (places !== undefined) for (const entry of placeSection(counts, weight, places, space)) entries.push(entry)
  })
  return entries
}

/** The issues as rows. */
export const placeIssues = (issues: ReadonlyArray<IssueText>, space: FeatureSpace): SparseRows => {
  const rows = issues.map((issue) => placeIssue(issue, space))
  const starts = new Int32Array(rows.length + 1)
  for (const [at, row] of rows.entries()) starts[at + 1] = (starts[at] ?? 0) + row.length
  const columns = new Int32Array(starts[rows.length] ?? 0)
  const values = new Float32Array(columns.length)
  let end = 0
  for (const row of rows)
    for (const { column, value } of row) {
      columns[end] = column
      values[end++] = value
    }
  return { starts, columns, values }
}
