/** The farm as a scene of characters: sprites on a meadow, no wider than asked, each one column a character. */
import type { FarmPlan } from "./planFarm.ts"
import { vary } from "./svg.ts"

/** The colours of the terminal farm, as SGR codes of the 16 colours that every terminal and theme has. */
export const inks = {
  green: 32,
  red: 31,
  yellow: 33,
  blue: 34,
  magenta: 35,
  cyan: 36,
  white: 37,
  grey: 90,
  gold: 93,
  leaf: 92
} as const

/** One of {@link inks}. */
export type Ink = keyof typeof inks

/** A character and its colour. */
export interface Cell {
  readonly char: string
  readonly ink: Ink
}

interface Sprite {
  readonly ink: Ink
  readonly rows: ReadonlyArray<string>
  /** Lower stays longer when the terminal is narrow. */
  readonly rank: number
}

const houses: ReadonlyArray<ReadonlyArray<string>> = [
  ["  /\\", " /  \\", "/_/\\_\\"],
  ["  ____|", " /____\\", " |▪∏▪.|"],
  ["  ______|", " /______\\", " |▪ ▪∏ ▪|"],
  ["  _______|", " /_______\\", " | ▪ ▪ ▪ |", " | ▪ ∏ ▪ |"],
  ["  _______|", " /_______\\___", " | ▪ ▪ ▪ |___\\", " | ▪ ∏ ▪ |▪ ▪|"],
  [" /\\", "/__\\_______|", "|▪ /_______\\___", "|▪ | ▪ ▪ ▪ |___\\", "|▪ | ▪ ∏ ▪ |▪ ▪|"]
]

const silo = (tier: number): ReadonlyArray<string> => ["╭─╮", ...Array.from({ length: Math.min(4, tier) }, () => "│≡│")]

const fireTower = (tier: number): ReadonlyArray<string> => [
  " /\\ ",
  " ▪▪ ",
  ...Array.from({ length: Math.min(3, tier) }, () => " ╳╳ "),
  "/  \\"
]

const greenhouse = (tier: number): ReadonlyArray<string> => [`╭${"─".repeat(tier + 2)}╮`, `│${"¥".repeat(tier + 2)}│`]

/** From left to right, as in the picture. */
const sprites = (plan: FarmPlan): ReadonlyArray<Sprite> => {
  const { incident, maintenance, security, toil, upgrade } = plan.buildings
  const all: ReadonlyArray<Sprite | null> = [
    incident.tier > 0 ? { ink: "red", rows: fireTower(incident.tier), rank: 6 } : null,
    upgrade.tier > 0 ? { ink: "cyan", rows: greenhouse(upgrade.tier), rank: 4 } : null,
    { ink: "white", rows: houses[plan.house] ?? houses[0] ?? [], rank: 0 },
    plan.barn
      ? {
          ink: "red",
          rows: [plan.barnFull ? "   |>" : "", "  .-.", " /   \\", plan.barnFill > 0.5 ? " |▒▒▒|" : " | ▒ |"].filter(
            (row) => row !== ""
          ),
          rank: 1
        }
      : null,
    maintenance.tier > 0 ? { ink: "grey", rows: silo(maintenance.tier), rank: 2 } : null,
    toil.tier > 0
      ? { ink: "yellow", rows: toil.tier > 2 ? ["\\ /", " X", "/|\\", " |", "/_\\"] : ["\\ /", " X", "/_\\"], rank: 3 }
      : null,
    security.tier > 0 ? { ink: "magenta", rows: [" _", " o", "-+-", " |"], rank: 5 } : null,
    plan.robots > 0 ? { ink: "blue", rows: [" ____", "/____\\", "|[°°]|"], rank: 7 } : null
  ]
  return all.filter((sprite) => sprite !== null)
}

const widthOf = (sprite: Sprite): number => Math.max(...sprite.rows.map((row) => row.length))

/** The sprites that fit, in their places; the least important are left out first. */
const fitting = (plan: FarmPlan, width: number): ReadonlyArray<Sprite> => {
  const needed = (chosen: ReadonlyArray<Sprite>) => chosen.reduce((sum, sprite) => sum + widthOf(sprite) + 2, 0)
  let chosen = sprites(plan)
  while (needed(chosen) > width && chosen.length > 1) {
    const last = Math.max(...chosen.map((sprite) => sprite.rank))
    chosen = chosen.filter((sprite) => sprite.rank !== last)
  }
  return chosen
}

const skyRows = 7

const inkOf = (char: string, ink: Ink): Ink =>
  char === "▪" || char === "▒" || char === ">" ? "gold" : char === "¥" ? "leaf" : char === "∏" ? "yellow" : ink

/** Rows of the scene from the sky to the fields, each exactly `width` cells. */
export const sceneRows = (plan: FarmPlan, width: number): ReadonlyArray<ReadonlyArray<Cell>> => {
  const blank: Cell = { char: " ", ink: "white" }
  const grid: Array<Array<Cell>> = Array.from({ length: skyRows }, () => Array.from({ length: width }, () => blank))
  const put = (x: number, y: number, text: string, ink: Ink): void => {
    for (const [i, char] of [...text].entries()) {
      const row = grid[y]
      if (char !== " " && row !== undefined && x + i >= 0 && x + i < width) row[x + i] = { char, ink: inkOf(char, ink) }
    }
  }
  for (let i = 0; i < 5 - plan.sky; i++) {
    put(Math.floor(((i + vary(plan.name, "text-cloud", i) * 0.4) * (width - 16)) / 5), i % 2, ".-~~-.", "grey")
  }
  put(width - 8, 0, plan.sky === 0 ? "( )" : plan.sky < 3 ? "(o)" : "\\(O)/", "gold")

  const chosen = fitting(plan, width)
  const used = chosen.reduce((sum, sprite) => sum + widthOf(sprite), 0)
  const gap = Math.max(2, Math.min(6, Math.floor((width - used) / (chosen.length + 1))))
  let x = Math.max(0, Math.floor((width - used - gap * (chosen.length - 1)) / 2))
  for (const sprite of chosen) {
    for (const [i, row] of sprite.rows.entries()) put(x, skyRows - sprite.rows.length + i, row, sprite.ink)
    x += widthOf(sprite) + gap
  }

  const wall = Math.floor((width * plan.buildings.reliability.tier) / 5)
  const edge = Math.floor((width - wall) / 2)
  const ground = Array.from(
    { length: width },
    (_, i): Cell =>
      i >= edge && i < edge + wall
        ? { char: i % 3 === 0 ? "▄" : "▅", ink: "grey" }
        : { char: vary(plan.name, "tuft", i) < 0.2 ? '"' : "_", ink: "green" }
  )
  const room = width * 2
  const planted = plan.plants === 0 ? 0 : Math.max(1, Math.round((plan.plants * room) / 192))
  const field = (row: number): ReadonlyArray<Cell> =>
    Array.from({ length: width }, (_, i): Cell => {
      // Both rows fill together, from the middle outwards, as the plots do.
      const order = Math.abs(i * 2 - width) * 2 + row
      return order < planted * 2
        ? {
            char: ["ψ", "¥", "Y", "♣"][Math.floor(i / 8 + row) % 4] ?? "ψ",
            ink: (["gold", "leaf", "yellow", "green"] as const)[Math.floor(i / 8 + row) % 4] ?? "leaf"
          }
        : { char: "~", ink: "green" }
    })
  return [...grid, ground, field(0), field(1)]
}
