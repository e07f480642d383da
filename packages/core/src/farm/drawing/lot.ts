/** What all buildings share: the lot that is staked out before anything is earned, and the words that a pointer finds. */
import type { Building } from "./planFarm.ts"
import { type Drawn, line, num, part, shape } from "./svg.ts"

/** Thousands separated as the sign and the tooltips show them, the same on every machine. */
export const grouped = (value: number): string => String(value).replace(/\B(?=(\d{3})+$)/gu, ",")

/** The tooltip of a building. */
export const titleOf = (building: Building): string =>
  building.tier === 0
    ? `A lot for the ${building.name}: no ${building.category} work yet`
    : `${building.name}: ${building.category}, ${grouped(building.proofs)} proofs, ${grouped(building.coins)} coins`

/** Four pegs and a string: the lot of a building that nothing has been earned for. */
export const drawLot = (building: Building, x: number, y: number, width: number): string => {
  const [w, d] = [width / 2, 9]
  return part(
    building.name,
    0,
    titleOf(building),
    shape([x - w, y + d, x + w, y + d, x + w - 8, y - d, x - w + 8, y - d], "#c9b27c", 'opacity=".45"') +
      line(
        `M${num(x - w)} ${num(y + d - 6)}L${num(x - w + 8)} ${num(y - d - 6)}H${num(x + w - 8)}L${num(x + w)} ${num(y + d - 6)}Z`,
        "#fff7df",
        1,
        'stroke-dasharray="4 3" opacity=".9"'
      ) +
      line(
        `M${num(x - w)} ${num(y + d)}v-9M${num(x - w + 8)} ${num(y - d)}v-9M${num(x + w - 8)} ${num(y - d)}v-9M${num(x + w)} ${num(y + d)}v-9`,
        "#8a6a45",
        2.2
      )
  )
}

/** A building as a named part of the picture. */
export const built = (building: Building, scene: string, lights = ""): Drawn => ({
  scene: part(building.name, building.tier, titleOf(building), scene),
  lights
})
