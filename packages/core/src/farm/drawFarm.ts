/** Draws a farm as one SVG picture: a pure function of its state, without scripts, outside references or randomness. */
import { categories } from "@farmops/proof/vocabulary"
import { drawBarn, drawRobotShed, drawSilo } from "./drawing/barnyard.ts"
import { drawFireTower, drawGreenhouse, drawWindmill } from "./drawing/buildings.ts"
import { drawBarrels, drawHouse } from "./drawing/farmhouse.ts"
import { drawFields, fieldDefs } from "./drawing/fields.ts"
import { grouped } from "./drawing/lot.ts"
import { pictureDefs, pictureStyle } from "./drawing/pictureStyle.ts"
import { type FarmPlan, planFarm, skyNames } from "./drawing/planFarm.ts"
import { drawHills, drawSky, drawYard } from "./drawing/scenery.ts"
import { drawSampleRibbon, drawSign } from "./drawing/sign.ts"
import { escapeXml, rect } from "./drawing/svg.ts"
import { drawAnimals, drawScarecrow, drawWall } from "./drawing/yard.ts"
import type { FarmState } from "./FarmState.ts"

/** The picture's own size in user units; it scales to any width. */
export const farmPictureSize = { width: 960, height: 540 } as const

const plural = (count: number, one: string, many = `${one}s`): string => `${grouped(count)} ${count === 1 ? one : many}`

/** The picture in words, for whoever cannot see it. */
const describe = (state: FarmState, plan: FarmPlan): string => {
  const standing = categories
    .map((category) => plan.buildings[category])
    .filter((building) => building.tier > 0)
    .map((building) => `a ${building.name} of size ${building.tier} for ${building.category}`)
  return [
    state.sample ? "This is a sample farm." : "",
    `A ${plan.houseName} at level ${state.level} with ${plural(state.total_coins, "coin")} from ${plural(state.proofs, "proof")}.`,
    `A ${skyNames[plan.sky]} sky for a streak of ${plural(state.streak_days, "day")}.`,
    standing.length > 0 ? `There stand ${standing.join(", ")}.` : "The lots for its buildings are staked out.",
    `${plural(plan.plants, "plant")} grow in the fields.`,
    plan.animals.length > 0 ? `Animals: ${plan.animals.join(", ")}.` : "",
    state.freezes > 0 ? `${plural(state.freezes, "rain barrel")} for streak freezes.` : "",
    plan.barnFull ? "The barn is full for today." : "",
    plan.robots > 0 ? `Bots earned ${plural(state.bot_coins, "coin")} of their own.` : ""
  ]
    .filter((sentence) => sentence !== "")
    .join(" ")
}

/** The farm as a self-contained SVG document of 960 × 540 units; equal states give equal bytes. */
export const drawFarm = (state: FarmState): string => {
  const plan = planFarm(state)
  const { incident, maintenance, reliability, security, toil, upgrade } = plan.buildings
  const layers = [
    drawFireTower(incident),
    drawWindmill(toil),
    drawSilo(maintenance),
    drawHouse(plan, state.level),
    drawBarn(plan, state.today_coins, state.ceiling),
    drawBarrels(plan),
    drawGreenhouse(upgrade),
    drawRobotShed(plan, state.bot_coins),
    drawAnimals(plan, state.streak_days),
    drawWall(plan, reliability),
    { scene: drawFields(plan, state.proofs), lights: "" },
    drawScarecrow(security)
  ]
  const { height, width } = farmPictureSize
  const sky = drawSky(plan)
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-labelledby="fo-title fo-desc">`,
    `<title id="fo-title">${escapeXml(plan.name)}: level ${state.level}, ${plural(state.total_coins, "coin")}</title>`,
    `<desc id="fo-desc">${escapeXml(describe(state, plan))}</desc>`,
    `<style>${pictureStyle(plan)}</style><defs>${pictureDefs}${fieldDefs(plan)}<clipPath id="fo-frame"><rect width="${width}" height="${height}" rx="14"/></clipPath></defs>`,
    '<g clip-path="url(#fo-frame)">',
    sky.scene,
    drawHills(plan),
    drawYard(plan),
    ...layers.map((layer) => layer.scene),
    // By night everything is tinted first, then the lights are lit on top.
    `<g class="fo-night">${rect(0, 0, width, height, "#6e7fc2", 'style="mix-blend-mode:multiply"')}${sky.lights}${layers.map((layer) => layer.lights).join("")}</g>`,
    drawSign(plan, state),
    state.sample ? drawSampleRibbon() : "",
    "</g></svg>\n"
  ].join("")
}
