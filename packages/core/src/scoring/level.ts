/** Levels: level L begins at 25·L·(L−1) coins, so each level takes 50 coins more than the one before. Levels never go down by scoring. */

/** The coins at which a level begins; level 1 begins at 0. */
export const coinsForLevel = (level: number): number => 25 * level * (level - 1)

/** The level that so many coins make: the largest L with 25·L·(L−1) ≤ coins, exact for every safe integer. */
export const levelOf = (coins: number): number => {
  const whole = BigInt(Math.max(0, Math.floor(coins)))
  const starts = (level: bigint) => 25n * level * (level - 1n)
  // The square root may be off by one in the last place; the integers decide.
  let level = BigInt(Math.max(1, Math.floor((1 + Math.sqrt(1 + (4 * Number(whole)) / 25)) / 2)))
  while (level > 1n && starts(level) > whole) level--
  while (starts(level + 1n) <= whole) level++
  return Number(level)
}

/** How far into its level a farm is: `have` of the `need` coins that lead to the next. */
export const levelProgress = (coins: number): { readonly have: number; readonly need: number } => {
  const level = levelOf(coins)
  return { have: coins - coinsForLevel(level), need: 50 * level }
}
