/** Draws a farm for a terminal: the scene, then its numbers. Pure; no line is ever wider than asked. */
import { categories } from "@farmops/proof/vocabulary"
import { cutToWidth, displayWidth } from "./drawing/displayWidth.ts"
import { grouped } from "./drawing/lot.ts"
import { type FarmPlan, planFarm } from "./drawing/planFarm.ts"
import { type Cell, type Ink, inks, sceneRows } from "./drawing/textScene.ts"
import type { FarmState } from "./FarmState.ts"

/** Below this nothing can be laid out; a narrower terminal gets this width and wraps. */
export const farmTextWidthMin = 40

/** Wider than this the eye loses the line. */
export const farmTextWidthMax = 100

type Paint = (text: string, ink: Ink | "bold") => string

const plain: Paint = (text) => text

const ansi: Paint = (text, ink) => `\u001b[${ink === "bold" ? 1 : inks[ink]}m${text}\u001b[0m`

/** Neighbouring cells of one colour share one escape sequence. */
const paintRow = (cells: ReadonlyArray<Cell>, paint: Paint): string => {
  const runs: Array<{ text: string; ink: Ink }> = []
  const end = cells.findLastIndex((cell) => cell.char !== " ") + 1
  for (const cell of cells.slice(0, end)) {
    const last = runs.at(-1)
    if (last !== undefined && (last.ink === cell.ink || cell.char === " ")) last.text += cell.char
    else runs.push({ text: cell.char, ink: cell.ink })
  }
  return runs.map((run) => (run.text.trim() === "" ? run.text : paint(run.text, run.ink))).join("")
}

const counted = (count: number, one: string): string => `${grouped(count)} ${one}${count === 1 ? "" : "s"}`

const bar = (share: number, columns: number): readonly [string, string] => {
  const full = Math.max(0, Math.min(columns, Math.floor(share * columns)))
  return ["█".repeat(full), "░".repeat(columns - full)]
}

const todayText = (state: FarmState, full: boolean): string =>
  state.ceiling === 0
    ? `today ${grouped(state.today_coins)}`
    : `today ${grouped(state.today_coins)} of ${grouped(state.ceiling)}${full ? ", the barn is full" : ""}`

const numbers = (state: FarmState, plan: FarmPlan, width: number, paint: Paint): ReadonlyArray<string> => {
  const { have, need } = state.level_progress
  const label = cutToWidth(`Level ${grouped(state.level)}`, 12)
  const short = cutToWidth(`${grouped(have)} of ${grouped(need)}`, 20)
  const long = `${short} to level ${grouped(state.level + 1)}`
  // On a narrow terminal the bar is worth more than the words.
  const progress = width - label.length - long.length - 4 < 10 ? short : long
  const [full, empty] = bar(need > 0 ? have / need : 0, Math.min(40, width - label.length - progress.length - 4))
  const facts: ReadonlyArray<readonly [string, Ink]> = [
    [counted(state.total_coins, "coin"), "gold"],
    [todayText(state, plan.barnFull), "yellow"],
    [`streak ${counted(state.streak_days, "day")}`, "leaf"],
    [`${counted(state.freezes, "freeze")} kept`, "cyan"],
    [counted(state.proofs, "proof"), "white"],
    ...(state.bot_coins > 0 ? [[`bots ${counted(state.bot_coins, "coin")}`, "blue"] as const] : []),
    ...(plan.animals.length > 0 ? [[plan.animals.join(", "), "magenta"] as const] : [])
  ]
  const lines: Array<{ text: string; columns: number }> = []
  for (const [whole, ink] of facts) {
    const fact = cutToWidth(whole, width)
    const last = lines.at(-1)
    if (last !== undefined && last.columns + 3 + displayWidth(fact) <= width) {
      last.text += ` · ${paint(fact, ink)}`
      last.columns += 3 + displayWidth(fact)
    } else lines.push({ text: paint(fact, ink), columns: displayWidth(fact) })
  }
  return [
    `${paint(label, "bold")}  ${paint(full, "gold")}${paint(empty, "grey")}  ${progress}`,
    ...lines.map((line) => line.text)
  ]
}

const table = (plan: FarmPlan, width: number, paint: Paint): ReadonlyArray<string> => {
  const withBuilding = width >= 56
  const row = (category: string, building: string, size: string, proofs: string, coins: string): string =>
    cutToWidth(
      `${category.padEnd(13)}${withBuilding ? building.padEnd(14) : ""}${size.padEnd(7)}${proofs.padStart(8)}${coins.padStart(11)}`,
      width
    )
  return [
    paint(row("category", "building", "size", "proofs", "coins"), "grey"),
    ...categories.map((category) => {
      const { coins, name, proofs, tier } = plan.buildings[category]
      const line = row(
        category,
        tier > 0 ? name : "staked out",
        "■".repeat(tier) + "□".repeat(5 - tier),
        grouped(proofs),
        grouped(coins)
      )
      return tier > 0 ? line : paint(line, "grey")
    })
  ]
}

/** The farm as lines of text without a final line feed; `color` adds ANSI colours and changes no character. */
export const drawFarmText = (
  state: FarmState,
  options: { readonly color: boolean; readonly width: number }
): string => {
  const width = Math.max(farmTextWidthMin, Math.min(farmTextWidthMax, Math.floor(options.width)))
  const paint = options.color ? ansi : plain
  const plan = planFarm(state)
  const ribbon = state.sample ? "sample farm" : ""
  const name = cutToWidth(plan.name, width - (ribbon === "" ? 0 : ribbon.length + 2))
  const head = paint(name, "bold") + (ribbon === "" ? "" : `  ${paint(ribbon, "red")}`)
  return [
    head,
    ...sceneRows(plan, width).map((cells) => paintRow(cells, paint)),
    "",
    ...numbers(state, plan, width, paint),
    "",
    ...table(plan, width, paint)
  ].join("\n")
}
