/** The barn with today's hay, the silos beside it, and the shed of the robots. */
import { built, drawLot, grouped } from "./lot.ts"
import type { Building, FarmPlan } from "./planFarm.ts"
import { type Drawn, line, nothing, num, oval, part, path, placed, rect, repeat, shape } from "./svg.ts"

/** The barn: hay rises in its door with today's coins, and a flag goes up when the day's ceiling is reached. */
export const drawBarn = (plan: FarmPlan, todayCoins: number, ceiling: number): Drawn => {
  if (!plan.barn) return nothing
  const scale = 0.74 + plan.house * 0.075
  const hay = 34 * plan.barnFill
  const flag = plan.barnFull
    ? `<g data-part="barn full flag">${line("M0-81V-112", "#6d4a2d", 2.2)}${path("M1-111C9-116 16-106 27-110L23-102L27-95C16-91 9-101 1-96Z", "#f2b632")}${line("M8-105l3 3 6-6", "#7a4b12", 1.8)}</g>`
    : ""
  const body =
    oval(0, 0, 62, "#2c4a22", 6, 'opacity=".25"') +
    flag +
    shape([-48, 0, -48, -40, -36, -66, 0, -82, 36, -66, 48, -40, 48, 0], "#b8453a") +
    repeat(11, (i) => line(`M${-40 + i * 8} 0V${-44 - (5 - Math.abs(5 - i)) * 5}`, "#96352c", 0.9, 'opacity=".6"')) +
    shape([-48, 0, -48, -40, -36, -66, -30, -68, -40, -40, -40, 0], "#000", 'opacity=".1"') +
    path("M-54-37L-40-69L0-87L40-69L54-37L49-35L36-65L0-81L-36-65L-49-35Z", "#6b5b57") +
    path("M-40-69L0-87L40-69L39-66L0-83L-39-66Z", "#8b7a75") +
    rect(-9, -67, 18, 15, "#fffaf0") +
    rect(-7, -65, 14, 11, "#4b3327") +
    (plan.barnFill > 0.85 ? rect(-7, -60, 14, 6, "#e8c35a") : "") +
    rect(-24, -42, 48, 42, "#fffaf0") +
    rect(-21, -39, 42, 39, "#3b2a22") +
    (hay < 1
      ? ""
      : path(`M-21 0V${num(-hay)}Q-14 ${num(-hay - 5)} -7 ${num(-hay)}T7 ${num(-hay)}T21 ${num(-hay)}V0Z`, "#e8c35a") +
        line(
          repeat(6, (i) => `M${-17 + i * 7} ${num(-hay * 0.3 - (i % 3) * 2)}l4-${num(Math.min(5, hay / 4))}`),
          "#c2993a",
          1
        )) +
    rect(-47, -41, 22, 41, "#a83d33") +
    line("M-46-40L-26-1M-26-40L-46-1", "#fffaf0", 2) +
    rect(25, -41, 22, 41, "#a83d33") +
    line("M26-40L46-1M46-40L26-1", "#fffaf0", 2) +
    line("M-47-41h22v41M25 0v-41h22", "#fffaf0", 2)
  return {
    scene: part(
      "barn",
      plan.house,
      ceiling === 0
        ? `barn: ${grouped(todayCoins)} coins today`
        : plan.barnFull
          ? `barn full: today's ${grouped(ceiling)} coins are earned`
          : `barn: ${grouped(todayCoins)} of today's ${grouped(ceiling)} coins`,
      placed(602, 334, scale, body)
    ),
    lights: placed(
      602,
      334,
      scale,
      oval(0, -59, 26, "url(#fo-glow)") +
        rect(-7, -65, 14, 11, "#ffdf8a") +
        oval(0, -14, 40, "url(#fo-glow)", 26, 'opacity=".6"')
    )
  }
}

/** Maintenance: one silo, then two, then three. */
export const drawSilo = (building: Building): Drawn => {
  if (building.tier === 0) return { scene: drawLot(building, 688, 328, 44), lights: "" }
  const silo = (x: number, base: number, w: number, h: number): string =>
    oval(x, base, w * 0.75, "#2c4a22", 4, 'opacity=".25"') +
    rect(x - w / 2, base - h, w, h, "#cfd6da") +
    repeat(Math.floor(h / 11), (i) => line(`M${num(x - w / 2)} ${num(base - 8 - i * 11)}h${num(w)}`, "#9fabb3", 1)) +
    path(
      `M${num(x - w / 2 - 1)} ${num(base - h)}A${num(w / 2 + 1)} ${num(w / 2)} 0 0 1 ${num(x + w / 2 + 1)} ${num(base - h)}Z`,
      "#b6574a"
    ) +
    rect(x - w / 2, base - h, w, h, "url(#fo-round)") +
    rect(x - w / 2 - 1.5, base - h - 1, w + 3, 3, "#8f4439") +
    line(
      `M${num(x + w / 2 - 6)} ${num(base)}V${num(base - h)}M${num(x + w / 2 - 2)} ${num(base)}V${num(base - h)}`,
      "#7c8890",
      0.9
    ) +
    oval(x, base - h - w / 2, 2.4, "#8f4439")
  const h = 38 + building.tier * 14
  const scene =
    (building.tier >= 3 ? silo(716, 326, 26, h * 0.78) : "") +
    (building.tier >= 5 ? silo(664, 322, 24, h * 0.88) : "") +
    silo(688, 332, 30 + building.tier, h) +
    (building.tier >= 4
      ? line(`M688 ${num(332 - h - 17)}v-14`, "#6d4a2d", 1.8) +
        shape([689, 332 - h - 31, 703, 332 - h - 27, 689, 332 - h - 23], "#f2b632")
      : "")
  return built(building, scene)
}

/** Bots: a shed of their own, with up to three robots and their own coins on a board. */
export const drawRobotShed = (plan: FarmPlan, botCoins: number): Drawn => {
  if (plan.robots === 0) return nothing
  const robot = (x: number, y: number, color: string): string =>
    placed(
      x,
      y,
      1,
      oval(0, 0, 9, "#2c4a22", 2.5, 'opacity=".3"') +
        rect(-6, -4, 4, 4, "#4e5a66") +
        rect(2, -4, 4, 4, "#4e5a66") +
        rect(-8, -17, 16, 13, color, 'rx="3"') +
        rect(-4, -14, 8, 5, "#fff", 'rx="1.5" opacity=".5"') +
        rect(-7, -29, 14, 11, "#dfe7ec", 'rx="3.5"') +
        oval(-3, -23.5, 2, "#2f4858") +
        oval(3, -23.5, 2, "#2f4858") +
        line("M0-29v-5M-8-13l-4 4M8-13l4-4", "#4e5a66", 1.8) +
        oval(0, -35, 2, "#f6a65b")
    )
  // Drawn again among the lights: it must be legible by night.
  const board =
    rect(-38, -37, 76, 10, "#f3e3bd", 'rx="2"') +
    `<text class="fo-t" x="0" y="-29.2" font-size="7.5" font-weight="700" text-anchor="middle" fill="#3c4a54">bots · ${grouped(botCoins)} coins</text>`
  const body =
    oval(0, 0, 46, "#2c4a22", 5, 'opacity=".25"') +
    rect(-34, -38, 68, 38, "#7f97a6") +
    repeat(8, (i) => line(`M${-30 + i * 8.5}-38V0`, "#6b8393", 1)) +
    path("M-39-37Q0-60 39-37Z", "#566c7a") +
    path("M0-49Q20-48 39-37H10Z", "#6f8795") +
    rect(-11, -26, 22, 26, "#3f505c", 'rx="2"') +
    line("M24-46v-16M18-62h12M20-58h8", "#4e5a66", 1.5) +
    oval(24, -64, 2, "#e2574c") +
    board
  const colors = ["#f6a65b", "#6ab4e8", "#8fcf8a"]
  const places = [
    [-22, 12],
    [24, 13],
    [2, 18]
  ] as const
  return {
    scene: part(
      "robot shed",
      plan.robots,
      `robot shed: bots earned ${grouped(botCoins)} coins on their own board`,
      placed(
        888,
        352,
        1.1,
        body +
          places
            .slice(0, plan.robots)
            .map(([x, y], i) => robot(x, y, colors[i] ?? "#f6a65b"))
            .join("")
      )
    ),
    lights: placed(
      888,
      352,
      1.1,
      `${board}<g class="fo-blink">${oval(24, -64, 12, "url(#fo-glow)")}</g>` +
        places
          .slice(0, plan.robots)
          .map(([x, y]) => oval(x - 3, y - 23.5, 2, "#9ff1ff") + oval(x + 3, y - 23.5, 2, "#9ff1ff"))
          .join("")
    )
  }
}
