/** The year as a picture: the same numbers give the same bytes. */
import type { FarmYear } from "./simulate.ts"

const width = 860
const height = 480
const left = 64
const right = 700
const top = 24
const bottom = 436
const labelGap = 15

// Told apart by people who see few colours as well, and on white as on black.
const colours = ["#0072b2", "#e69f00", "#009e73", "#cc79a7", "#d55e00", "#56b4e9", "#999999", "#8c6d1f"]

const escape = (text: string): string => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll("'", "&#39;")

const thousands = (value: number): string => `${Math.round(value / 1000)}k`

const linesOf = (most: number): ReadonlyArray<number> =>
  Array.from({ length: Math.floor(most / 50_000) + 1 }, (_, at) => at * 50_000)

/** Labels that keep their order and never cover each other. */
const spread = (wanted: ReadonlyArray<number>): ReadonlyArray<number> => {
  const order = wanted.map((y, at) => ({ y, at })).toSorted((a, b) => b.y - a.y)
  const placed: Array<number> = []
  let free = bottom + labelGap
  for (const { at, y } of order) {
    free = Math.min(y, free - labelGap)
    placed[at] = free
  }
  return placed
}

/** How the farms grow, day by day, under the line that nobody passes. */
export const plotYears = (years: ReadonlyArray<FarmYear>, ceiling: number): string => {
  const days = years[0]?.growth.length ?? 0
  const most = ceiling * days
  const x = (day: number) => Math.round(left + ((right - left) * day) / days)
  const y = (coins: number) => Math.round(bottom - ((bottom - top) * coins) / most)
  const grid = linesOf(most).flatMap((coins) => [
    `<line x1="${left}" y1="${y(coins)}" x2="${right}" y2="${y(coins)}" stroke="#ccc"/>`,
    `<text x="${left - 8}" y="${y(coins) + 4}" text-anchor="end">${thousands(coins)}</text>`
  ])
  const months = Array.from({ length: 12 }, (_, month) => Math.round((month * days) / 12)).map(
    (day, month) => `<text x="${x(day)}" y="${bottom + 20}">${month + 1}</text>`
  )
  const labels = spread(years.map(({ coins }) => y(coins)))
  const curves = years.flatMap(({ coins, growth, persona }, at) => {
    const colour = colours[at % colours.length]
    // One point a week: more would not be seen.
    const points = growth.flatMap((sum, day) =>
      (day + 1) % 7 === 0 || day === days - 1 ? [`${x(day + 1)},${y(sum)}`] : []
    )
    const label = `${escape(persona)} ${thousands(coins)}`
    return [
      `<polyline points="${x(0)},${y(0)} ${points.join(" ")}" fill="none" stroke="${colour}" stroke-width="2"/>`,
      `<text x="${right + 10}" y="${(labels[at] ?? 0) + 4}" fill="${colour}">${label}</text>`
    ]
  })
  return `${[
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" role="img" font-family="sans-serif" font-size="12" fill="#333">`,
    "<title>Coins of each persona's farm through a year</title>",
    `<rect width="${width}" height="${height}" fill="#fff"/>`,
    ...grid,
    `<line x1="${x(0)}" y1="${y(0)}" x2="${x(days)}" y2="${y(most)}" stroke="#333" stroke-dasharray="6 4"/>`,
    `<text x="${x(days * 0.5)}" y="${y(most * 0.53)}" text-anchor="end">the ceiling, ${ceiling} a day</text>`,
    ...months,
    `<text x="${right}" y="${bottom + 38}" text-anchor="end">month</text>`,
    ...curves,
    "</svg>"
  ].join("\n")}\n`
}
