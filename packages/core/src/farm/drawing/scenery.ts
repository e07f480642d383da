/** Sky, hills, trees and ground: the part of the picture that is there before any work is done. */
import type { FarmPlan } from "./planFarm.ts"
import { type Drawn, line, num, oval, path, placed, rect, repeat, vary } from "./svg.ts"

const cloud = (x: number, y: number, scale: number, opacity: number): string =>
  `<g class="fo-cloud" opacity="${String(opacity)}">${placed(
    x,
    y,
    scale,
    oval(0, 0, 34, "#fff", 13) + oval(-16, -8, 16, "#fff") + oval(8, -14, 21, "#fff") + oval(28, -4, 15, "#fff", 11)
  )}</g>`

const rainbow = (): string => {
  const colors = ["#ef6a6a", "#f6a65b", "#f8de6b", "#7fcf86", "#6ab4e8", "#a488dd"]
  return `<g data-part="rainbow" class="fo-day" opacity=".5">${colors
    .map((color, i) => line(`M${150 + i * 7} 262A${300 - i * 7} ${270 - i * 7} 0 0 1 ${750 - i * 7} 262`, color, 7.4))
    .join("")}</g>`
}

const balloon = (): string =>
  `<g data-part="balloon" class="fo-cloud">${placed(
    548,
    84,
    1,
    path("M-27 0C-27-38 27-38 27 0C27 18 12 30 7 38H-7C-12 30-27 18-27 0Z", "#e2574c") +
      path("M-13 2C-13-36 13-36 13 2C13 19 7 30 4 38H-4C-7 30-13 19-13 2Z", "#f8d568") +
      path("M-4.5 2C-4.5-34 4.5-34 4.5 2C4.5 19 2.5 30 1.5 38H-1.5C-2.5 30-4.5 19-4.5 2Z", "#e2574c") +
      line("M-6 38L-5 48M6 38L5 48", "#7a5635", 1) +
      rect(-6.5, 47, 13, 9, "#a8763e", 'rx="2"') +
      rect(-6.5, 47, 13, 2.5, "#8a5d2e", 'rx="1"')
  )}</g>`

const birds = (plan: FarmPlan): string =>
  repeat(Math.min(6, plan.sky + 1), (i) => {
    const x = 330 + vary(plan.name, "bird-x", i) * 330
    const y = 60 + vary(plan.name, "bird-y", i) * 80
    return line(`M${num(x - 7)} ${num(y)}q3.5-5 7 0q3.5-5 7 0`, "#4b5f78", 1.6, 'opacity=".6"')
  })

const stars = (name: string): string =>
  repeat(46, (i) =>
    oval(vary(name, "star-x", i) * 960, vary(name, "star-y", i) * 150, 0.7 + vary(name, "star-r", i) * 1.1, "#fff")
  )

/** The sky with its sun; the moon and the stars are lights of the night. Clouds leave as the streak grows. */
export const drawSky = (plan: FarmPlan): Drawn => {
  const sunRadius = 20 + plan.sky * 3
  const rays =
    plan.sky < 3
      ? ""
      : repeat(12, (i) => {
          const angle = (i * Math.PI) / 6
          const [cos, sin] = [Math.cos(angle), Math.sin(angle)]
          const [from, to] = [sunRadius + 8, sunRadius + (i % 2 === 0 ? 22 : 15)]
          return line(
            `M${num(742 + cos * from)} ${num(82 + sin * from)}L${num(742 + cos * to)} ${num(82 + sin * to)}`,
            "#ffe28a",
            3.5
          )
        })
  const sun =
    plan.sky === 0
      ? `<g class="fo-day">${oval(742, 82, 60, "url(#fo-sun)")}${oval(742, 82, 18, "#f7efcf", 18, 'opacity=".75"')}</g>`
      : `<g class="fo-day">${oval(742, 82, 70 + plan.sky * 12, "url(#fo-sun)")}${rays}${oval(742, 82, sunRadius, "#ffd95e")}${oval(742, 82, sunRadius - 5, "#ffe588")}</g>`
  const moon = `${stars(plan.name)}${oval(742, 82, 62, "url(#fo-sun)", 62, 'opacity=".55"')}${path("M754 52A32 32 0 1 0 772 100A26 26 0 1 1 754 52Z", "#fff7d6")}`
  const clouds = repeat(Math.max(3, 8 - plan.sky), (i) =>
    cloud(
      60 + ((i * 137 + vary(plan.name, "cloud-x", i) * 60) % 860),
      38 + vary(plan.name, "cloud-y", i) * 105,
      0.65 + vary(plan.name, "cloud-s", i) * 0.75,
      plan.sky === 0 ? 0.62 : 0.85
    )
  )
  return {
    scene: `<g data-part="sky" data-tier="${plan.sky}">${rect(0, 0, 960, 300, "url(#fo-sky)")}${sun}${
      plan.sky >= 4 ? rainbow() : ""
    }${clouds}${plan.sky >= 5 ? balloon() : ""}<g class="fo-day">${birds(plan)}</g></g>`,
    lights: moon
  }
}

const bushyTree = (tint: number): string => {
  const [dark, mid, light] = tint < 0.5 ? ["#3f7d3f", "#579a49", "#76b65a"] : ["#4d8038", "#6b9f45", "#8dbb58"]
  return (
    oval(0, 1, 15, "#2c4a22", 3, 'opacity=".22"') +
    path("M-3 0C-2-8-2-12-3-18H3C2-12 2-8 3 0Z", "#7a5433") +
    oval(0, -28, 15, dark, 14) +
    oval(-7, -23, 10, dark, 9) +
    oval(8, -23, 10, dark, 9) +
    oval(2, -30, 12, mid, 11) +
    oval(5, -33, 6.5, light, 5.5)
  )
}

const pine = (): string =>
  oval(0, 1, 11, "#2c4a22", 2.5, 'opacity=".22"') +
  rect(-2, -8, 4, 8, "#6d4a2d") +
  path("M0-46L10-27H5L13-15H6L15-5H-15L-6-15H-13L-5-27H-10Z", "#2f6b4a") +
  path("M0-46L10-27H5L13-15H6L15-5H2Z", "#3f8259")

/** Where a tree may grow: clear of the lots where buildings stand. */
const treeSpots = [
  [52, 262],
  [318, 262],
  [352, 254],
  [905, 268],
  [655, 254],
  [24, 272],
  [690, 262],
  [936, 284],
  [290, 274],
  [620, 262],
  [208, 268],
  [884, 252],
  [722, 258],
  [232, 282],
  [60, 300],
  [592, 256]
] as const

const trees = (plan: FarmPlan): string =>
  treeSpots
    .slice(0, plan.trees)
    .map(([x, y], i) => [x + vary(plan.name, "tree-x", i) * 12 - 6, y, i] as const)
    .sort((a, b) => a[1] - b[1])
    .map(([x, y, i]) =>
      placed(
        x,
        y,
        0.72 + vary(plan.name, "tree-s", i) * 0.4,
        vary(plan.name, "tree-k", i) < 0.36 ? pine() : bushyTree(vary(plan.name, "tree-c", i))
      )
    )
    .join("")

const flowers = (plan: FarmPlan): string =>
  repeat(18 + plan.sky * 12, (i) => {
    const x = vary(plan.name, "flower-x", i) * 960
    const y = 288 + vary(plan.name, "flower-y", i) * 246
    const color = ["#fff", "#ffe07a", "#f6a6c1", "#c9b2f0"][Math.floor(vary(plan.name, "flower-c", i) * 4)] ?? "#fff"
    const size = 1 + (y - 280) / 170
    return oval(x, y, size, color) + oval(x, y, size * 0.4, "#e8b23c")
  })

const grass = (plan: FarmPlan): string =>
  line(
    repeat(70, (i) => {
      const x = vary(plan.name, "grass-x", i) * 960
      const y = 290 + vary(plan.name, "grass-y", i) * 246
      const tall = 3 + (y - 280) / 50
      return `M${num(x - 2)} ${num(y)}l-1.5-${num(tall)}M${num(x)} ${num(y)}v-${num(tall * 1.2)}M${num(x + 2)} ${num(y)}l1.5-${num(tall)}`
    }),
    "#5d9440",
    1.1,
    'opacity=".55"'
  )

/** Mountains, hills and trees behind the yard. */
export const drawHills = (plan: FarmPlan): string =>
  path(
    "M0 232L70 176L128 214L210 142L292 214L352 186L430 232L520 168L592 216L664 182L742 226L826 158L902 212L960 180V300H0Z",
    "#8fb0c6",
    'opacity=".75"'
  ) +
  path(
    "M210 142L234 163L222 168L208 160L194 172L183 166ZM826 158L846 172L834 178L822 170L808 178L802 175Z",
    "#f4f8fb",
    'opacity=".85"'
  ) +
  path("M0 238C70 214 150 212 230 232S400 214 500 226S690 206 780 220S910 214 960 232V320H0Z", "#93bf8d") +
  path(
    "M0 262C60 232 140 222 220 246S380 268 470 254S620 238 700 246C760 232 850 226 960 262V340H0Z",
    "url(#fo-hill)"
  ) +
  path("M0 288C160 268 320 274 480 276S800 264 960 284V540H0Z", "url(#fo-meadow)") +
  path(
    "M0 300C120 290 220 292 300 304S120 318 0 318ZM960 296C840 290 760 294 700 304S850 320 960 316Z",
    "#b7dc7f",
    'opacity=".5"'
  ) +
  trees(plan)

/** The path from the door to the reader's feet, a pond, grass and flowers. */
export const drawYard = (plan: FarmPlan): string =>
  grass(plan) +
  path(
    "M398 322C392 352 420 366 446 388C468 408 448 460 396 540H566C548 470 520 420 486 390C456 364 420 350 418 322Z",
    "url(#fo-path)"
  ) +
  path(
    "M400 324C396 352 422 366 448 388C470 408 452 460 404 540H418C466 460 482 410 456 388C430 366 404 350 408 324Z",
    "#c19f66",
    'opacity=".35"'
  ) +
  repeat(15, (i) => {
    const y = 350 + i * 12.5
    const center = y < 390 ? 408 + (y - 322) * 0.85 : 466 + (y - 390) * 0.1
    const spread = 6 + Math.max(0, y - 370) * 0.22
    return oval(
      center + (vary(plan.name, "pebble", i) - 0.5) * spread * 2,
      y,
      1.5 + i * 0.14,
      "#b79a68",
      1 + i * 0.08,
      'opacity=".7"'
    )
  }) +
  flowers(plan) +
  oval(782, 362, 54, "#6f9f4a", 14) +
  oval(782, 361, 50, "url(#fo-water)", 12) +
  line("M752 358h18M790 365h22M770 368h10", "#e6f6fb", 1.4, 'opacity=".8"') +
  line("M734 362v-14M738 364v-18M830 358v-13M826 361v-17", "#5c8a3a", 1.8) +
  rect(736.5, 342, 3, 8, "#8a5d2e", 'rx="1.5"') +
  rect(824.5, 340, 3, 8, "#8a5d2e", 'rx="1.5"')
