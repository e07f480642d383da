/** The known word that somebody most likely meant. */

// Longer words are no slips of ours, and the work grows with the square.
const lengthMax = 64

/** How many letters must be added, taken away or changed. */
const distance = (a: string, b: string): number => {
  let row = Array.from({ length: b.length + 1 }, (_, at) => at)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const changed = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)
      next.push(Math.min(changed, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1))
    }
    row = next
  }
  return row[b.length] ?? 0
}

/** Null where no known word is near: a third of its letters may be wrong, and two always. */
export const nearestWord = (word: string, known: ReadonlyArray<string>): string | null => {
  if (word.length > lengthMax) return null
  const near = known
    .map((candidate) => ({ candidate, distance: distance(word.toLowerCase(), candidate) }))
    .filter((one) => one.distance <= Math.max(2, Math.floor(one.candidate.length / 3)))
    .toSorted((a, b) => a.distance - b.distance)
  return near[0]?.candidate ?? null
}
