/** What stands and lives between house and fields: the stone wall, the scarecrow, and the animals that a streak brings. */
import { drawLot, titleOf } from "./lot.ts"
import { animalDays, type Building, type FarmPlan } from "./planFarm.ts"
import { type Drawn, line, oval, part, path, placed, rect, repeat, shape, vary } from "./svg.ts"

const wallY = 392
const gate = { left: 424, right: 492 } as const

/** Reliability: loose stones at first, at last a wall from edge to edge with lanterns at the gate. */
export const drawWall = (plan: FarmPlan, building: Building): Drawn => {
  const { tier } = building
  if (tier === 0) return { scene: drawLot(building, 560, 390, 70), lights: "" }
  const reach = [0, 0.3, 0.55, 0.8, 1, 1][tier] ?? 1
  const courses = [0, 1, 2, 2, 3, 3][tier] ?? 1
  const greys = ["#b9b4a8", "#a8a398", "#c7c2b5", "#9a958b"]
  const side = (from: number, towards: -1 | 1, room: number, name: string): string => {
    const stones = Math.floor((room * reach) / 21)
    return (
      oval(from + (towards * stones * 21) / 2, wallY + 1, (stones * 21) / 2 + 4, "#2c4a22", 4, 'opacity=".25"') +
      repeat(courses, (course) =>
        repeat(stones - course, (i) => {
          const at = course * 100 + i
          const w = 19 + vary(plan.name, `${name}-w`, at) * 4
          const h = 8.5 + vary(plan.name, `${name}-h`, at) * 2.5
          const x = from + towards * (i * 21 + (course % 2) * 10) - (towards < 0 ? w : 0)
          return rect(
            x,
            wallY - course * 8.5 - h,
            w,
            h,
            greys[Math.floor(vary(plan.name, `${name}-c`, at) * 4)] ?? "#b9b4a8",
            'rx="3.5" stroke="#7f7a70" stroke-width=".8"'
          )
        })
      )
    )
  }
  const post = (x: number): string =>
    rect(x - 7, wallY - 36, 14, 37, "#aaa59a", 'rx="2" stroke="#7f7a70" stroke-width=".8"') +
    line(`M${x - 7} ${wallY - 12}h14M${x - 7} ${wallY - 24}h14`, "#7f7a70", 0.8) +
    rect(x - 9, wallY - 40, 18, 5, "#c7c2b5", 'rx="1.5"') +
    (tier < 5
      ? ""
      : rect(x - 4, wallY - 51, 8, 10, "#f8e2a0", 'stroke="#4b4b4b" stroke-width="1.4"') +
        shape([x - 6, wallY - 51, x, wallY - 57, x + 6, wallY - 51], "#4b4b4b"))
  const scene =
    side(gate.left - (tier >= 3 ? 8 : 0), -1, 430, "left") +
    side(gate.right + (tier >= 3 ? 8 : 0), 1, 470, "right") +
    (tier >= 3 ? post(gate.left) + post(gate.right) : "") +
    (tier >= 2 ? repeat(6, (i) => oval(gate.left - 26 - i * 52, wallY - courses * 8.5 - 1, 5, "#6fa64a", 2.6)) : "")
  return {
    scene: part(building.name, tier, titleOf(building), scene),
    lights:
      tier < 5
        ? ""
        : [gate.left, gate.right]
            .map((x) => oval(x, wallY - 46, 34, "url(#fo-glow)") + rect(x - 4, wallY - 51, 8, 10, "#ffe59a"))
            .join("")
  }
}

/** Security: a scarecrow, from two crossed sticks to a captain with a lantern and a shield. */
export const drawScarecrow = (building: Building): Drawn => {
  const { tier } = building
  if (tier === 0) return { scene: drawLot(building, 676, 452, 34), lights: "" }
  const coat = ["", "#a9783f", "#4f7a8c", "#6d5a9c", "#a8483c", "#2f4f7a"][tier] ?? "#4f7a8c"
  const body =
    oval(0, 0, 15, "#2c4a22", 3, 'opacity=".3"') +
    line("M0 0V-50M-25-38H25", "#7a5433", 3.6) +
    (tier >= 2
      ? path("M-25-43H25V-33H12L14-12H-14L-12-33H-25Z", coat) +
        line("M0-42V-13", "#0003", 1) +
        oval(0, -34, 1.3, "#f4cf6a") +
        oval(0, -27, 1.3, "#f4cf6a") +
        oval(0, -20, 1.3, "#f4cf6a")
      : path("M-10-44H10L8-24H-8Z", coat)) +
    (tier >= 2 ? line("M-25-38l-6-3M-25-38l-7 1M-25-38l-5 5M25-38l6-3M25-38l7 1M25-38l5 5", "#e8c35a", 1.6) : "") +
    (tier >= 3 ? rect(-9, -20, 7, 6, "#e8a05a") + path("M-9-46Q0-40 9-46L11-42Q0-36-11-42Z", "#e2574c") : "") +
    oval(0, -54, 9.5, "#f0d9a0") +
    oval(-3.4, -55, 1.4, "#4b3327") +
    oval(3.4, -55, 1.4, "#4b3327") +
    line("M-4-50q4 3.5 8 0", "#4b3327", 1.4) +
    shape([-1.4, -54, 1.4, -54, 0, -51.5], "#ee8434") +
    path("M-15-60Q0-65 15-60L12-57Q0-61-12-57Z", "#8a5d2e") +
    path("M-9-61Q-8-76 0-76T9-61Z", "#9c6b3f") +
    line("M-9-63Q0-67 9-63", "#e2574c", 2.4) +
    (tier >= 4
      ? line("M-29-36v8", "#4b4b4b", 1.2) +
        rect(-33, -28, 8, 11, "#f8e2a0", 'rx="1.5" stroke="#4b4b4b" stroke-width="1.3"')
      : "") +
    (tier >= 5
      ? path("M18-34H38V-22Q38-10 28-5Q18-10 18-22Z", "#f2b632", 'stroke="#a8741f" stroke-width="1.6"') +
        line("M22-22l5 6 8-11", "#fff", 2.4)
      : "") +
    (tier >= 3
      ? placed(-17, -2, 1, path("M12-77q6-6 11 0l5 1-6 2q-6 3-10-3Z", "#33404a") + oval(21, -76, 0.9, "#fff"))
      : "")
  const scale = 0.84 + tier * 0.07
  return {
    scene: part(building.name, tier, titleOf(building), placed(682, 462, scale, body)),
    lights:
      tier < 4
        ? ""
        : placed(682, 462, scale, oval(-29, -22, 30, "url(#fo-glow)") + rect(-33, -28, 8, 11, "#ffe59a", 'rx="1.5"'))
  }
}

const hen = (white: boolean): string => {
  const [body, wing] = white ? ["#fdf6ea", "#e6d9c2"] : ["#c9783f", "#a85f2e"]
  return (
    oval(0, 0, 9, "#2c4a22", 2, 'opacity=".3"') +
    line("M-2-3V0M3-3V0", "#e89a3a", 1.4) +
    path("M-11-15Q-8-8-3-9Q3-18 7-19Q12-18 11-12Q10-2 0-2.5T-11-15Z", body) +
    path("M-4-9Q2-11 5-7Q1-3-4-5Z", wing) +
    path("M5-19q0-4 2-3q1-3 3 0q2-1 1 3Z", "#e2493d") +
    shape([11, -16, 15, -14.5, 11, -13.5], "#f2a53a") +
    oval(8.5, -16, 1, "#2b2b2b") +
    oval(11, -12, 1.2, "#e2493d", 1.8)
  )
}

const cow = (name: string): string =>
  oval(0, 0, 30, "#2c4a22", 4, 'opacity=".3"') +
  rect(-20, -14, 5, 14, "#e9e2d6") +
  rect(-11, -13, 5, 13, "#d8cfc0") +
  rect(8, -13, 5, 13, "#d8cfc0") +
  rect(15, -14, 5, 14, "#e9e2d6") +
  path("M-26-30Q-26-37-18-37H16Q24-37 24-28V-18Q24-11 16-11H-16Q-26-11-26-20Z", "#fffaf2") +
  repeat(4, (i) =>
    oval(
      -17 + i * 11,
      -30 + vary(name, "patch", i) * 10,
      4 + vary(name, "patch-w", i) * 3.5,
      "#5a4538",
      3 + vary(name, "patch-h", i) * 3
    )
  ) +
  path("M4-12q4 6 8 0Z", "#f2b3b3") +
  line("M-26-33q-6 6-3 15", "#e9e2d6", 2) +
  oval(-29, -17, 2, "#5a4538", 3.4) +
  path("M19-44H34Q39-36 35-28Q31-24 26-26Q19-32 19-44Z", "#fffaf2") +
  path("M19-44h7q0 8-4 10Q18-38 19-44Z", "#5a4538") +
  oval(33, -28, 5, "#f2b3b3", 3.6) +
  oval(31.5, -28, 0.8, "#8a5a5a") +
  oval(35, -28, 0.8, "#8a5a5a") +
  oval(29, -38, 1.4, "#2b2b2b") +
  line("M20-45q-5-2-7 1M34-45q4-2 6 1M22-46q-1-4 2-5M32-46q2-4-1-5", "#cbb694", 2.2) +
  oval(24, -23.5, 2.6, "#f2b632")

const sheep = (): string =>
  oval(0, 0, 15, "#2c4a22", 2.6, 'opacity=".3"') +
  line("M-7-5V0M-3-5V0M5-5V0M9-5V0", "#4b4038", 2) +
  oval(0, -11, 13, "#fdfaf3", 8) +
  oval(-9, -13, 6, "#fdfaf3") +
  oval(-2, -17, 7, "#fdfaf3") +
  oval(7, -15, 6.5, "#fdfaf3") +
  oval(14, -14, 4.6, "#4b4038", 5.4) +
  oval(14, -18, 4, "#fdfaf3", 2.4) +
  oval(15.5, -14.5, 0.9, "#fff")

const horse = (): string =>
  oval(2, 0, 28, "#2c4a22", 3.6, 'opacity=".3"') +
  line("M-16-18V-1M-10-16V-1M12-16V-1M18-18V-1", "#7a4a2b", 4.4) +
  path(
    "M-24-30Q-22-36-12-35H10Q18-36 21-46L25-58Q31-61 34-55L43-46Q43-40 36-42L31-44Q30-30 22-21Q10-13-14-15Q-25-18-24-30Z",
    "#9c6238"
  ) +
  path("M25-60Q15-52 14-37L21-40Q24-50 30-57Z", "#4b3024") +
  path("M-24-33Q-34-28-31-10Q-26-14-23-25Z", "#4b3024") +
  oval(33, -52, 1.4, "#2b1b12") +
  shape([26, -58, 28, -65, 31, -58], "#9c6238")

const duck = (): string =>
  path("M-9-6Q-4-2 0-6Q6-7 8-3Q5 2-2 2T-9-6Z", "#fff7e6") +
  oval(6, -8, 4, "#3f8a5a") +
  shape([9.5, -8.5, 14, -7, 9.5, -6], "#f2a53a") +
  oval(7, -9, 0.8, "#fff") +
  line("M-12 3h24", "#e6f6fb", 1.2, 'opacity=".8"')

const hive = (): string =>
  oval(0, 0, 16, "#2c4a22", 3, 'opacity=".3"') +
  line("M-10 0V-6M10 0V-6", "#7a5433", 3) +
  path("M-14-6Q-16-32 0-34Q16-32 14-6Z", "#e8b84a") +
  line("M-14-12H14M-14.5-19H14.500M-11-26H11", "#c2903a", 1.6) +
  oval(0, -10, 3.4, "#6d4a2d") +
  oval(0, -35, 2.4, "#c2903a")

const bee = (x: number, y: number): string =>
  `<g class="fo-bee">${placed(x, y, 1, oval(-1, -2.6, 2, "#fff", 1.5, 'opacity=".85"') + oval(2, -2.6, 2, "#fff", 1.5, 'opacity=".85"') + oval(0, 0, 3, "#f6c445", 2.1) + line("M-.8-1.900V1.900M1.2-1.700V1.7", "#3b2a1a", 0.9))}</g>`

/** The animals of the farm, each with the day of the streak it came for as its tooltip. */
export const drawAnimals = (plan: FarmPlan, streakDays: number): Drawn => {
  const henSpots = [
    [312, 370],
    [345, 381],
    [290, 384],
    [368, 366]
  ] as const
  const bodies = {
    hen: henSpots
      .slice(0, plan.hens)
      .map(
        ([x, y], i) =>
          `<g transform="translate(${x} ${y}) scale(${i % 2 === 0 ? "" : "-"}1.1 1.1)">${hen(i % 2 === 0)}</g>`
      )
      .join(""),
    bees: placed(268, 356, 0.95, hive()) + bee(286, 326) + bee(250, 318) + bee(272, 306) + bee(300, 338),
    cow: placed(650, 374, 1, cow(plan.name)),
    ducks: placed(768, 362, 1, duck()) + placed(794, 368, 0.8, duck()) + placed(806, 359, 0.7, duck()),
    sheep: placed(196, 290, 0.72, sheep()) + placed(240, 300, 0.84, sheep()) + placed(60, 306, 0.86, sheep()),
    horse: placed(570, 378, 0.95, horse())
  }
  return {
    scene: plan.animals
      .map((animal) =>
        part(
          animal,
          animalDays[animal],
          `${animal}: came on day ${animalDays[animal]} of a streak, now ${streakDays} days`,
          bodies[animal]
        )
      )
      .join(""),
    lights: repeat(
      plan.animals.length * 3,
      (i) =>
        `<g class="fo-blink">${oval(60 + vary(plan.name, "firefly-x", i) * 840, 300 + vary(plan.name, "firefly-y", i) * 200, 5, "url(#fo-glow)")}${oval(60 + vary(plan.name, "firefly-x", i) * 840, 300 + vary(plan.name, "firefly-y", i) * 200, 1.2, "#fffbd0")}</g>`
    )
  }
}
