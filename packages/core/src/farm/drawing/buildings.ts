/** The windmill, the fire tower and the greenhouse: each grows with the coins of its own kind of work. */
import { built, drawLot } from "./lot.ts"
import type { Building } from "./planFarm.ts"
import { type Drawn, line, num, oval, path, placed, rect, repeat, shape } from "./svg.ts"

/** Toil: a windmill, because the wind should do what people are tired of. */
export const drawWindmill = (building: Building): Drawn => {
  if (building.tier === 0) return { scene: drawLot(building, 812, 262, 56), lights: "" }
  const tier = building.tier
  const cloth = ["#f6efdd", "#f6efdd", "#f3d9a0", "#e9a08a", "#d9745a"][tier - 1] ?? "#f6efdd"
  const sail =
    line("M0 0V-50", "#6d4a2d", 2.4) +
    shape([1.5, -11, 11, -13, 11, -49, 1.5, -49], cloth, 'stroke="#8a6a45" stroke-width=".9"') +
    line("M1.5-20h9.500M1.5-30h9.500M1.5-40h9.5", "#8a6a45", 0.8)
  const body =
    oval(0, 0, 34, "#2c4a22", 5, 'opacity=".25"') +
    shape([-24, 0, -15, -74, 15, -74, 24, 0], "#f5ead2") +
    shape([-24, 0, -15, -74, 15, -74, 24, 0], "url(#fo-round)", 'opacity=".65"') +
    (tier >= 2 ? line("M-22-20H22M-19-46H19", "#d8c6a0", 1.6) : "") +
    (tier >= 3
      ? rect(-30, -33, 60, 3.5, "#8a5d2e") +
        line(`${repeat(9, (i) => `M${-28 + i * 7}-33v-8`)}M-30-41H30`, "#8a5d2e", 1.4)
      : "") +
    path("M-18-73C-18-94 18-94 18-73Z", "#a85a3c") +
    path("M2-88C12-86 18-82 18-73H8Z", "#c2765a") +
    path("M-7 0v-16a7 7 0 0 1 14 0V0Z", "#7c4f2c") +
    rect(-4.5, -62, 9, 11, "#6f97ab", 'rx="4"') +
    (tier >= 5 ? line("M0-90v-14", "#6d4a2d", 1.8) + shape([1, -104, 15, -100, 1, -96], "#6ab4e8") : "") +
    `<g transform="translate(0 -77)"><g class="fo-sails">${[18, 108, 198, 288].map((angle) => `<g transform="rotate(${angle})">${sail}</g>`).join("")}</g>${oval(0, 0, 4.5, "#6d4a2d")}${oval(-1, -1, 1.8, "#c2a06a")}</g>`
  const scale = 0.56 + tier * 0.125
  return built(
    building,
    placed(812, 268, scale, body),
    placed(812, 268, scale, oval(0, -56, 24, "url(#fo-glow)") + rect(-4.5, -62, 9, 11, "#ffdf8a", 'rx="4"'))
  )
}

/** Incident: a fire tower on the far hill, taller with every tier; the beacon burns at night. */
export const drawFireTower = (building: Building): Drawn => {
  if (building.tier === 0) return { scene: drawLot(building, 132, 246, 48), lights: "" }
  const h = 32 + building.tier * 12
  const brace = repeat(Math.floor(h / 16), (i) => {
    const at = (y: number) => 18 - (y / h) * 8
    const [low, high] = [i * 16, Math.min(h, i * 16 + 16)]
    return `M${num(-at(low))} ${-low}L${num(at(high))} ${-high}M${num(at(low))} ${-low}L${num(-at(high))} ${-high}M${num(-at(high))} ${-high}H${num(at(high))}`
  })
  const body =
    oval(0, 0, 26, "#2c4a22", 4, 'opacity=".25"') +
    line(brace, "#8a5d2e", 1.4) +
    line(`M-18 0L-10 ${-h}M18 0L10 ${-h}`, "#6d4a2d", 3) +
    rect(-20, -h - 3, 40, 4, "#6d4a2d") +
    line(`${repeat(7, (i) => `M${-18 + i * 6} ${-h - 3}v-8`)}M-20 ${-h - 11}H20`, "#8a5d2e", 1.2) +
    rect(-13, -h - 25, 26, 22, "#c98b4e") +
    rect(-13, -h - 25, 5, 22, "#000", 'opacity=".12"') +
    rect(-10, -h - 21, 20, 9, "#a9d3e3") +
    line(`M-3 ${-h - 21}v9M4 ${-h - 21}v9`, "#6d4a2d", 1) +
    shape([-19, -h - 24, 0, -h - 40, 19, -h - 24], "#b5483c") +
    shape([0, -h - 40, 19, -h - 24, 6, -h - 24], "#cf6a58") +
    (building.tier >= 2
      ? line(`M0 ${-h - 40}v-12`, "#6d4a2d", 1.6) + shape([1, -h - 52, 15, -h - 48, 1, -h - 44], "#e2574c")
      : "") +
    (building.tier >= 4
      ? path(`M-26 ${-h + 6}q0-7 5-7t5 7l1.5 2h-13Z`, "#e0b64a") + oval(-21, -h + 9, 1.6, "#8a6a1f")
      : "")
  return built(
    building,
    placed(132, 250, 0.95, body),
    placed(
      132,
      250,
      0.95,
      `<g class="fo-blink">${oval(0, -h - 17, 44, "url(#fo-glow)")}</g>${rect(-10, -h - 21, 20, 9, "#ffdf8a")}`
    )
  )
}

/** Upgrade: a greenhouse, one bay longer with each tier, with a dome at the last. */
export const drawGreenhouse = (building: Building): Drawn => {
  if (building.tier === 0) return { scene: drawLot(building, 168, 340, 84), lights: "" }
  const bays = building.tier
  const w = 34 + bays * 24
  const [left, h] = [-w / 2, 36 + bays * 2.4]
  const leaves = repeat(bays * 4 + 2, (i) => {
    const x = left + 7 + (i * (w - 14)) / (bays * 4 + 1)
    const tall = 9 + (i % 3) * 5
    return (
      path(
        `M${num(x)}-5q-6-${num(tall * 0.6)} 0-${num(tall)}q6 ${num(tall * 0.4)} 0 ${num(tall)}Z`,
        i % 2 === 0 ? "#4f9a4c" : "#71b957"
      ) + (i % 3 === 1 ? oval(x, -tall - 1, 2.3, "#e8564a") : "")
    )
  })
  const frame = repeat(bays + 2, (i) => {
    const x = left + (i * w) / (bays + 1)
    return `M${num(x)} 0V${num(-h * 0.62)}L${num(x * 0.86)} ${num(-h)}`
  })
  const dome =
    bays < 5
      ? ""
      : path(
          `M-26 ${num(-h + 2)}A26 26 0 0 1 26 ${num(-h + 2)}Z`,
          "#d9f1f2",
          'opacity=".8" stroke="#fff" stroke-width="2"'
        ) +
        line(
          `M0 ${num(-h)}v-25M-13 ${num(-h)}q1-16 13-24M13 ${num(-h)}q-1-16-13-24M0 ${num(-h - 24)}v-9`,
          "#fff",
          1.5
        ) +
        shape([1, -h - 33, 12, -h - 30, 1, -h - 27], "#7fcf86")
  const body =
    oval(0, 1, w * 0.58, "#2c4a22", 6, 'opacity=".25"') +
    rect(left, -h * 0.62, w, h * 0.62, "#cfe9e6") +
    shape([left, -h * 0.62, left * 0.86, -h, -left * 0.86, -h, -left, -h * 0.62], "#e6f6f5") +
    rect(left, -5, w, 5, "#9c6b3f") +
    leaves +
    shape(
      [left + w * 0.12, 0, left + w * 0.34, -h * 0.62, left + w * 0.44, -h * 0.62, left + w * 0.22, 0],
      "#fff",
      'opacity=".35"'
    ) +
    line(
      `${frame}M${num(left)} ${num(-h * 0.62)}H${num(-left)}M${num(left * 0.86)} ${num(-h)}H${num(-left * 0.86)}M${num(left)} 0H${num(-left)}`,
      "#fff",
      2
    ) +
    dome
  return built(
    building,
    placed(168, 350, 1, body),
    placed(168, 350, 1, oval(0, -h * 0.4, w * 0.75, "url(#fo-glow)", h * 1.1, 'opacity=".75"'))
  )
}
