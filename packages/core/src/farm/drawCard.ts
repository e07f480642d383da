/** Draws a farm's card for a README: a small SVG of what the farm says of itself to everybody, and nothing more. Pure. */
import { cutToWidth } from "./drawing/displayWidth.ts"
import { grouped } from "./drawing/lot.ts"
import { printableName } from "./drawing/planFarm.ts"
import { escapeXml } from "./drawing/svg.ts"

/** What strangers may know of a farm. */
export interface PublicFarm {
  readonly name: string
  readonly sample: boolean
  readonly total_coins: number
  readonly level: number
  readonly streak_days: number
}

/** `auto` follows the reader's own scheme. */
export const cardThemes = ["auto", "light", "dark"] as const

/** One of {@link cardThemes}. */
export type CardTheme = (typeof cardThemes)[number]

/** The card's own size in user units. */
export const cardSize = { width: 440, height: 120 } as const

/** Columns of the longest name that fits beside the barn. */
const nameColumnsMax = 24

const light = "--paper:#fffdf6;--edge:#d8d2bd;--ink:#2b2a26;--soft:#66624f;--barn:#b8453a"
const dark = "--paper:#16211a;--edge:#33463a;--ink:#f1f5ee;--soft:#a9b8ac;--barn:#d4695d"

const styles: Readonly<Record<CardTheme, string>> = {
  auto: `svg{${light}}@media (prefers-color-scheme:dark){svg{${dark}}}`,
  light: `svg{${light}}`,
  dark: `svg{${dark}}`
}

const shared =
  "text{font-family:system-ui,-apple-system,'Segoe UI',sans-serif;fill:var(--ink)}" +
  ".paper{fill:var(--paper);stroke:var(--edge)}.barn{fill:var(--barn)}.beams{fill:none;stroke:var(--paper);stroke-width:3}" +
  ".name{font-size:19px;font-weight:600}.number{font-size:22px;font-weight:600}.what{font-size:12px;fill:var(--soft)}"

const barn =
  '<path class="barn" d="M22 96V52l14-15 24-10 24 10 14 15v44z"/><path class="beams" d="M40 96V62h40v34M40 62l40 34M80 62L40 96"/>'

const figure = (x: number, value: number, what: string): string =>
  `<text class="number" x="${x}" y="82">${grouped(value)}</text><text class="what" x="${x}" y="100">${what}</text>`

/** The card as a self-contained SVG document; equal farms give equal bytes. */
export const drawCard = (farm: PublicFarm, theme: CardTheme): string => {
  const { level, sample, streak_days, total_coins } = farm
  const { height, width } = cardSize
  const name = printableName(farm.name)
  const days = `${grouped(streak_days)} ${streak_days === 1 ? "day" : "days"}`
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-labelledby="fc-title fc-desc">`,
    `<title id="fc-title">${escapeXml(name)}</title>`,
    `<desc id="fc-desc">${sample ? "A sample farm. " : ""}Level ${level}, ${grouped(total_coins)} coins, a streak of ${days}.</desc>`,
    `<style>${styles[theme]}${shared}</style>`,
    `<rect class="paper" x="0.5" y="0.5" width="${width - 1}" height="${height - 1}" rx="10"/>`,
    barn,
    `<text class="name" x="120" y="42">${escapeXml(cutToWidth(name, nameColumnsMax))}</text>`,
    figure(120, level, "level"),
    figure(200, total_coins, "coins"),
    figure(340, streak_days, "days in a row"),
    sample ? `<text class="what" x="${width - 14}" y="20" text-anchor="end">sample</text>` : "",
    "</svg>\n"
  ].join("")
}
