/** Chance that repeats: the same seed gives the same numbers everywhere. For shuffling only, never for secrets. */

/** Numbers from 0 up to 1, by the generator known as mulberry32. */
export const seededNumbers = (seed: number): (() => number) => {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** Puts the items into a random order, in place. */
export const shuffle = (items: Int32Array, next: () => number): void => {
  for (let last = items.length - 1; last > 0; last--) {
    const other = Math.floor(next() * (last + 1))
    const kept = items[last] ?? 0
    items[last] = items[other] ?? 0
    items[other] = kept
  }
}

/** Deals the members of each class out over `count` folds, so that each fold has its share of every class. */
export const stratifiedFolds = (classes: ReadonlyArray<number>, count: number, seed: number): ReadonlyArray<number> => {
  const next = seededNumbers(seed)
  const folds = new Array<number>(classes.length).fill(0)
  let dealt = 0
  for (const wanted of [...new Set(classes)].sort((a, b) => a - b)) {
    const members = Int32Array.from([...classes.keys()].filter((at) => classes[at] === wanted))
    shuffle(members, next)
    for (const member of members) folds[member] = dealt++ % count
  }
  return folds
}
