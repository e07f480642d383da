/** The house: a tent at level 1, a manor at level 25, and a little larger with each level between. */
import type { FarmPlan } from "./planFarm.ts"
import { type Drawn, line, num, oval, part, path, placed, rect, repeat, shape, vary } from "./svg.ts"

const roofs = [
  ["#c2573f", "#d9745a", "#9c412f"],
  ["#5d7d9a", "#7c9ab5", "#46627c"],
  ["#8b5a6f", "#a8778b", "#6d4356"],
  ["#5f8a6b", "#7da888", "#466c51"]
] as const satisfies ReadonlyArray<readonly [string, string, string]>

/** A roof's colour, its lit edge and its lines. */
type Roof = readonly [string, string, string]

const glass = (x: number, y: number, w: number, h: number): Drawn => ({
  scene:
    rect(x - 1.5, y - 1.5, w + 3, h + 3, "#fffaf0") +
    rect(x, y, w, h, "#8fb9cf") +
    shape([x, y + h, x + w * 0.7, y, x + w, y, x + w, y + h * 0.2, x + w * 0.35, y + h], "#b9d8e6") +
    line(`M${num(x + w / 2)} ${num(y)}v${num(h)}M${num(x)} ${num(y + h / 2)}h${num(w)}`, "#fffaf0", 1.2) +
    rect(x - 2.5, y + h + 1.5, w + 5, 2, "#d8c9a8"),
  lights:
    oval(x + w / 2, y + h / 2, w * 1.5, "url(#fo-glow)") +
    rect(x, y, w, h, "#ffdf8a") +
    line(`M${num(x + w / 2)} ${num(y)}v${num(h)}M${num(x)} ${num(y + h / 2)}h${num(w)}`, "#c98f3a", 1)
})

const door = (x: number, base: number, w: number, h: number, color: string): Drawn => ({
  scene:
    rect(x - w / 2 - 2, base - h - 2, w + 4, h + 2, "#fffaf0") +
    rect(x - w / 2, base - h, w, h, color) +
    line(`M${num(x)} ${num(base - h)}v${num(h)}`, "#0003", 0.8) +
    oval(x + w / 2 - 2.5, base - h / 2, 1.2, "#f4cf6a") +
    rect(x - w / 2 - 5, base - 2, w + 10, 3.5, "#b9ab93", 'rx="1"'),
  lights: ""
})

const chimney = (x: number, base: number, height: number): string =>
  rect(x, base - height, 11, height, "#a3604a") +
  rect(x, base - height, 4, height, "#000", 'opacity=".12"') +
  rect(x - 2, base - height - 3, 15, 4.5, "#8a4c39") +
  `<g class="fo-smoke" fill="#fff">${oval(x + 6, base - height - 13, 5, "#fff", 5, 'opacity=".7"')}${oval(x + 11, base - height - 24, 7, "#fff", 7, 'opacity=".5"')}${oval(x + 19, base - height - 38, 9, "#fff", 9, 'opacity=".3"')}</g>`

/** A block with a side gable roof; (x, base) is the middle of its foot. */
const block = (x: number, base: number, w: number, h: number, roofHeight: number, wall: string, roof: Roof): string => {
  const [left, top] = [x - w / 2, base - h]
  const eaves = 7
  const rows = Math.max(2, Math.floor(roofHeight / 9))
  return (
    rect(left, top, w, h, wall) +
    rect(left, top, w * 0.14, h, "#000", 'opacity=".07"') +
    rect(left, top, w, 5, "#000", 'opacity=".13"') +
    rect(left, base - 5, w, 5, "#a99b88") +
    shape(
      [
        left - eaves,
        top + 2,
        x + w / 2 + eaves,
        top + 2,
        x + w / 2 - roofHeight * 0.32,
        top - roofHeight,
        left + roofHeight * 0.32,
        top - roofHeight
      ],
      roof[0]
    ) +
    shape(
      [
        left + roofHeight * 0.32,
        top - roofHeight,
        x + w / 2 - roofHeight * 0.32,
        top - roofHeight,
        x + w / 2 - roofHeight * 0.24,
        top - roofHeight * 0.76,
        left + roofHeight * 0.24,
        top - roofHeight * 0.76
      ],
      roof[1],
      'opacity=".8"'
    ) +
    repeat(rows - 1, (i) => {
      const part = (i + 1) / rows
      const inset = (roofHeight * 0.32 + eaves) * (1 - part) - eaves
      return line(
        `M${num(left + inset + 3)} ${num(top - roofHeight + part * roofHeight)}H${num(x + w / 2 - inset - 3)}`,
        roof[2],
        0.9,
        'opacity=".55" stroke-dasharray="7 3"'
      )
    }) +
    rect(left - eaves, top + 0.5, w + eaves * 2, 3, roof[2], 'rx="1.5"')
  )
}

/** A gable that faces the reader. */
const gable = (x: number, base: number, w: number, h: number, rise: number, wall: string, roof: Roof): string =>
  rect(x - w / 2, base - h, w, h, wall) +
  shape([x - w / 2, base - h, x, base - h - rise, x + w / 2, base - h], wall) +
  rect(x - w / 2, base - h, w * 0.16, h, "#000", 'opacity=".06"') +
  path(
    `M${num(x - w / 2 - 6)} ${num(base - h + 4)}L${num(x)} ${num(base - h - rise - 6)}L${num(x + w / 2 + 6)} ${num(base - h + 4)}L${num(x + w / 2 + 1)} ${num(base - h + 6)}L${num(x)} ${num(base - h - rise + 1)}L${num(x - w / 2 - 1)} ${num(base - h + 6)}Z`,
    roof[0]
  )

const join = (...drawn: ReadonlyArray<Drawn | string>): Drawn => ({
  scene: drawn.map((each) => (typeof each === "string" ? each : each.scene)).join(""),
  lights: drawn.map((each) => (typeof each === "string" ? "" : each.lights)).join("")
})

const tent = (): Drawn =>
  join(
    line("M-56 4L-38-2M58 4L40-2", "#8a6a45", 1.4),
    shape([-42, 0, 0, -52, 42, 0], "#e7c98e"),
    shape([0, -52, 42, 0, 16, 0], "#d3ad69"),
    shape([-13, 0, 0, -38, 13, 0], "#6a4b2f"),
    shape([-13, 0, 0, -38, -5, 0], "#f3ddaf"),
    line("M0-52V-60M-42 0L0-52L42 0", "#8a6a45", 2),
    shape([0, -60, 13, -56, 0, -52], "#d9745a"),
    {
      scene: `<g>${line("M68 3l18-6M68-3l18 6", "#6d4a2d", 4)}${path("M77-4C68-10 74-17 77-24C80-17 87-12 77-4Z", "#f2913d")}${path("M77-4C73-8 75-12 77-16C80-12 82-8 77-4Z", "#ffd95e")}</g><g class="fo-smoke">${oval(80, -32, 4, "#fff", 4, 'opacity=".5"')}${oval(85, -44, 6, "#fff", 6, 'opacity=".3"')}</g>`,
      lights:
        oval(77, -10, 44, "url(#fo-glow)") +
        path("M77-4C68-10 74-17 77-24C80-17 87-12 77-4Z", "#ffb347") +
        oval(0, -10, 26, "url(#fo-glow)", 20)
    }
  )

const logCabin = (): Drawn =>
  join(
    chimney(18, -44, 30),
    block(0, 0, 84, 38, 30, "#b98752", ["#7a5a3c", "#94714d", "#5d432b"]),
    repeat(4, (i) => line(`M-42 ${-8 - i * 8}H42`, "#8a5d2e", 1.2, 'opacity=".6"')),
    repeat(4, (i) => oval(-42, -5 - i * 8.5, 3.4, "#d2a56e") + oval(42, -5 - i * 8.5, 3.4, "#d2a56e")),
    door(2, 0, 17, 27, "#7c4f2c"),
    glass(-31, -27, 14, 12),
    glass(20, -27, 14, 12)
  )

const flowerBox = (x: number, y: number, w: number): string =>
  rect(x - 3, y, w + 6, 4.5, "#9c6b3f", 'rx="1"') +
  repeat(4, (i) => oval(x + (i * w) / 3, y - 0.5, 2.6, i % 2 === 0 ? "#e8657a" : "#f6c453")) +
  line(`M${num(x - 1)} ${num(y + 0.5)}H${num(x + w + 1)}`, "#5c8a3a", 1.4)

const cottage = (roof: Roof): Drawn =>
  join(
    chimney(24, -54, 34),
    block(0, 0, 104, 44, 36, "#f3e6cb", roof),
    gable(-22, -40, 30, 10, 18, "#f3e6cb", roof),
    glass(-27, -52, 10, 10),
    door(4, 0, 19, 31, "#4f7a8c"),
    glass(-39, -31, 16, 15),
    glass(25, -31, 16, 15),
    flowerBox(-39, -13, 16),
    flowerBox(25, -13, 16)
  )

const porch = (x: number, w: number, roof: Roof): string =>
  repeat(4, (i) => rect(x - w / 2 + 3 + (i * (w - 9)) / 3, -30, 3, 30, "#fffaf0")) +
  shape([x - w / 2 - 5, -29, x + w / 2 + 5, -29, x + w / 2 - 5, -39, x - w / 2 + 5, -39], roof[1]) +
  rect(x - w / 2 - 5, -30, w + 10, 2.4, roof[2])

const farmhouse = (roof: Roof): Drawn =>
  join(
    chimney(-40, -84, 32),
    chimney(34, -84, 32),
    block(0, 0, 118, 70, 38, "#f7ecd6", roof),
    gable(0, -64, 40, 14, 22, "#f7ecd6", roof),
    glass(-6.5, -80, 13, 13),
    ...[-44, -8, 28].map((x) => glass(x, -61, 15, 15)),
    door(0, 0, 19, 28, "#a8483c"),
    glass(-44, -26, 17, 15),
    glass(27, -26, 17, 15),
    porch(0, 112, roof)
  )

const wing = (roof: Roof): Drawn =>
  join(
    block(76, 0, 62, 44, 30, "#efdfc2", roof),
    glass(56, -33, 14, 16),
    glass(83, -33, 14, 16),
    flowerBox(56, -14, 14),
    flowerBox(83, -14, 14)
  )

const tower = (roof: Roof): Drawn =>
  join(
    rect(-86, -104, 40, 104, "#f2e4c8"),
    rect(-86, -104, 40, 104, "url(#fo-round)", 'opacity=".5"'),
    rect(-86, -5, 40, 5, "#a99b88"),
    shape([-92, -102, -66, -148, -40, -102], roof[0]),
    shape([-66, -148, -40, -102, -58, -102], roof[1], 'opacity=".8"'),
    rect(-92, -103.5, 52, 3.5, roof[2], 'rx="1.5"'),
    line("M-66-148V-164M-73-157H-59", "#5d432b", 1.8),
    path("M-72-163q5-7 9-3q4-4 6 0q-2 5-8 5q-5 1-7-2Z", "#f4cf6a"),
    glass(-73, -92, 14, 18),
    glass(-73, -58, 14, 18),
    glass(-73, -26, 14, 16)
  )

const houses: ReadonlyArray<(roof: Roof) => Drawn> = [
  tent,
  logCabin,
  cottage,
  farmhouse,
  (roof) => join(wing(roof), farmhouse(roof)),
  (roof) => join(wing(roof), tower(roof), farmhouse(roof), bunting())
]

/** Little flags along the porch of a manor. */
const bunting = (): string =>
  line("M-56-40Q0-28 56-40", "#7a5635", 1) +
  repeat(11, (i) => {
    const x = -50 + i * 10
    const y = -40 + 6 * (1 - (x / 56) ** 2)
    return shape([x - 3.5, y, x + 3.5, y, x, y + 7], ["#e2574c", "#f8d568", "#6ab4e8"][i % 3] ?? "#fff")
  })

/** Rain barrels by the house: one for each streak freeze that is kept. */
export const drawBarrels = (plan: FarmPlan): Drawn => {
  const barrel = (x: number, y: number): string =>
    oval(x, y, 10, "#2c4a22", 3, 'opacity=".3"') +
    path(
      `M${num(x - 8)} ${num(y - 22)}Q${num(x - 11)} ${num(y - 11)} ${num(x - 8)} ${num(y)}H${num(x + 8)}Q${num(x + 11)} ${num(y - 11)} ${num(x + 8)} ${num(y - 22)}Z`,
      "#9a6a3c"
    ) +
    line(`M${num(x - 3)} ${num(y - 22)}v22M${num(x + 3)} ${num(y - 22)}v22`, "#7c5230", 0.9) +
    line(`M${num(x - 9.5)} ${num(y - 16)}h19M${num(x - 9.5)} ${num(y - 6)}h19`, "#596673", 1.8) +
    oval(x, y - 22, 8, "#7c5230", 2.6) +
    oval(x, y - 22, 6.5, "#7fc6e2", 1.9)
  const scene = repeat(plan.barrels, (i) => barrel(526 + (i % 3) * 21 - (i > 2 ? 10 : 0), 344 + (i > 2 ? 12 : 0)))
  return {
    scene:
      plan.barrels === 0
        ? ""
        : part("rain barrels", plan.barrels, `${plan.barrels} streak freezes kept as rain`, scene),
    lights: ""
  }
}

/** The house for the farm's level. */
export const drawHouse = (plan: FarmPlan, level: number): Drawn => {
  const roof = roofs[Math.floor(vary(plan.name, "roof") * roofs.length)] ?? roofs[0]
  const house = (houses[plan.house] ?? tent)(roof)
  // Each level adds a little; the growth ends before the house hides the hills.
  const scale = Math.min(1.2, 1.08 + level * 0.012) + (plan.house < 3 ? 0.08 : 0)
  const shadow = oval(404, 325, plan.house < 2 ? 62 : 84 + plan.house * 8, "#2c4a22", 7, 'opacity=".25"')
  return {
    scene: part(
      "house",
      plan.house,
      `${plan.houseName}, level ${level}`,
      shadow + placed(405, 325, scale, house.scene)
    ),
    lights: placed(405, 325, scale, house.lights)
  }
}
