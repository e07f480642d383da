/** The sign that hangs in the picture, and the ribbon of a sample farm. */
import type { FarmState } from "../FarmState.ts"
import { cutToWidth } from "./displayWidth.ts"
import { grouped } from "./lot.ts"
import type { FarmPlan } from "./planFarm.ts"
import { escapeXml, line, num, oval, rect } from "./svg.ts"

/** Columns of the longest name that the board holds at the smaller of its two sizes. */
const nameColumnsMax = 28

/** The hanging board: name, level, coins, and a bar of the way to the next level. */
export const drawSign = (plan: FarmPlan, state: FarmState): string => {
  const name = cutToWidth(plan.name, nameColumnsMax)
  const size = [...name].length > 18 ? 15 : 19
  const { have, need } = state.level_progress
  const share = need > 0 ? Math.max(0, Math.min(1, have / need)) : 0
  return (
    `<g data-part="sign">` +
    line("M52 0V26M276 0V26", "#7a5635", 2.4) +
    rect(24, 28, 280, 76, "#5d3d22", 'rx="9" opacity=".35"') +
    rect(24, 24, 280, 76, "#b98752", 'rx="9" stroke="#7a5635" stroke-width="2.5"') +
    line("M36 43H292M34 61H160M196 61H294M36 82H292", "#a87644", 1.4, 'opacity=".7"') +
    oval(52, 31, 2.4, "#5d3d22") +
    oval(276, 31, 2.4, "#5d3d22") +
    `<text class="fo-t" x="164" y="53" font-size="${size}" font-weight="700" text-anchor="middle" fill="#fff8e6" stroke="#5d3d22" stroke-width=".6" paint-order="stroke">${escapeXml(name)}</text>` +
    `<text class="fo-t" x="164" y="76" font-size="14.5" font-weight="600" text-anchor="middle" fill="#fff1cc">Level ${grouped(state.level)} · ${grouped(state.total_coins)} coins</text>` +
    rect(48, 84, 232, 7, "#7a5635", 'rx="3.5"') +
    (share > 0
      ? rect(48, 84, Math.max(7, 232 * share), 7, "#ffd95e", `rx="3.5" data-share="${num(share * 100)}"`)
      : "") +
    "</g>"
  )
}

/** Nobody should take a sample for somebody's work: the ribbon crosses the corner of the picture. */
export const drawSampleRibbon = (): string =>
  `<g data-part="sample ribbon" transform="rotate(38 878 60)">${rect(738, 43, 280, 34, "#d94f4a", 'stroke="#fff" stroke-width="2"')}<text class="fo-t" x="878" y="66" font-size="17" font-weight="800" letter-spacing="2" text-anchor="middle" fill="#fff">SAMPLE FARM</text></g>`
