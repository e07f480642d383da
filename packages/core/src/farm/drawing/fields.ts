/** The fields: proofs are what grows on them. Eight plots of 24 plants, planted from the path outwards. */
import { type FarmPlan, plantsMax } from "./planFarm.ts"
import { line, num, oval, part, path, repeat, shape, vary } from "./svg.ts"

const plotsCount = 8
const rows = 3
const columns = 8
const plantsInPlot = plantsMax / plotsCount

const crops: Record<string, string> = {
  wheat:
    line("M0 0V-16M-4 0Q-4-8-6-14M4 0Q4-8 6-14", "#d9a93a", 1.6) +
    oval(0, -18, 2.2, "#f0c75a", 5) +
    oval(-6.5, -15, 1.9, "#e8bb4a", 4.4) +
    oval(6.5, -15, 1.9, "#f0c75a", 4.4),
  corn:
    line("M0 0V-22", "#4f8f3a", 2.2) +
    path("M0-6Q-10-10-11-18Q-4-14 0-8ZM0-9Q10-13 11-21Q4-17 0-11Z", "#6bb14e") +
    oval(2.5, -14, 2.8, "#f7d154", 5.4) +
    line("M0-22q-3-4-5-4M0-22v-6M0-22q3-4 5-4", "#d9b65a", 1.1),
  cabbage:
    oval(0, -4, 9.5, "#5da35a", 6.5) +
    path("M-9-5Q-6-13 0-12Q6-13 9-5Q5-1 0-1T-9-5Z", "#83c478") +
    path("M-4-5Q-3-10 0-10T4-5Q2-2 0-2T-4-5Z", "#b9e2a4"),
  pumpkin:
    line("M-9-2q-6-5-3-9M9-2q5-1 6-6", "#4f8f3a", 1.6) +
    oval(0, -6, 10, "#e8822e", 7.5) +
    oval(0, -6, 6, "#f39a45", 7.5) +
    oval(0, -6, 2.4, "#f7b062", 7.3) +
    line("M0-13q0-4 3-5", "#5d7a34", 2.2),
  sunflower:
    line("M0 0V-20", "#4f8f3a", 2.1) +
    path("M0-7Q-9-8-10-15Q-2-13 0-9ZM0-5Q8-6 9-12Q3-11 0-7Z", "#6bb14e") +
    oval(0, -23, 7.5, "#f8c93a") +
    oval(0, -23, 5.6, "#f2b227") +
    oval(0, -23, 3.6, "#6d4a2d"),
  tomato:
    line("M0 0V-20M-5-8Q0-12 5-15", "#8a6a45", 1.3) +
    oval(0, -11, 7.5, "#5aa04e", 9) +
    oval(-3, -8, 2.8, "#e2493d") +
    oval(3.5, -12, 2.8, "#e2493d") +
    oval(-2, -16, 2.3, "#ef6a52"),
  lavender:
    line("M0 0V-13M-5 0Q-4-7-6-11M5 0Q4-7 6-11", "#6f9a58", 1.5) +
    oval(0, -15, 2.3, "#8e6fd0", 5.5) +
    oval(-6.5, -13, 2, "#a488dd", 4.6) +
    oval(6.5, -13, 2, "#a488dd", 4.6),
  carrot:
    path("M0-2Q-9-10-8-17Q-3-13 0-6Q-1-14 1-20Q4-13 1-6Q5-12 9-15Q8-7 0-2Z", "#5aa04e") +
    path("M-3.5-3H3.5L0 1Z", "#ee8434")
}

const sprout = line("M0 0V-6", "#5f9a41", 1.6) + path("M0-5Q-7-6-7-11Q-1-10 0-6Q1-10 7-11Q7-6 0-5Z", "#8bcf5f")

/** All lines of the fields run to one point above the hills. */
const along = (u: number, y: number): number => 480 + (u * (y - 40)) / 500

interface Plot {
  readonly from: number
  readonly to: number
  readonly far: number
  readonly near: number
}

const band = { back: { far: 400, near: 448 }, front: { far: 462, near: 531 } } as const

/** In the order of planting: nearest to the path first. */
const plots: ReadonlyArray<Plot> = [
  { from: -300, to: -92, ...band.front },
  { from: 110, to: 308, ...band.front },
  { from: -318, to: -82, ...band.back },
  { from: 92, to: 318, ...band.back },
  { from: -506, to: -312, ...band.front },
  { from: 332, to: 512, ...band.front },
  { from: -588, to: -330, ...band.back },
  { from: 346, to: 590, ...band.back }
]

const soil = ({ far, from, near, to }: Plot): string => {
  const outline = [along(from, far), far, along(to, far), far, along(to, near), near, along(from, near), near]
  const furrows = repeat(rows, (row) => {
    const y = far + ((near - far) * (row + 0.72)) / rows
    return `M${num(along(from, y) + 4)} ${num(y)}H${num(along(to, y) - 4)}`
  })
  return (
    shape(outline, "#8f6440", 'stroke="#a97a4f" stroke-width="5" stroke-linejoin="round"') +
    line(furrows, "#74502f", (near - far) / 9) +
    line(furrows, "#a97a4f", 1.2, 'transform="translate(0 4)" opacity=".7"')
  )
}

/** Which crop a plot carries: the farm's own mixture, never two plots alike. */
const cropOf = (plan: FarmPlan, plot: number): string => {
  const names = Object.keys(crops)
  const start = Math.floor(vary(plan.name, "crop") * names.length)
  return names[(start + plot * 3) % names.length] ?? "wheat"
}

const plants = (plan: FarmPlan, plot: Plot, index: number): string => {
  const count = Math.max(0, Math.min(plantsInPlot, plan.plants - index * plantsInPlot))
  // The youngest eighth of the farm is still sprouting: there is always something new to see.
  const grown = plan.plants - Math.max(1, Math.floor(plan.plants / 8))
  const crop = cropOf(plan, index)
  return repeat(count, (i) => {
    const row = Math.floor(i / columns)
    const y = plot.far + ((plot.near - plot.far) * (row + 0.7)) / rows
    const share = ((i % columns) + 0.5) / columns
    const x = along(plot.from, y) + (along(plot.to, y) - along(plot.from, y)) * share
    const number = index * plantsInPlot + i
    const scale = ((y - 40) / 500) * (0.98 + vary(plan.name, "plant", number) * 0.22)
    const kind = number < grown ? crop : "sprout"
    return `<use href="#fo-${kind}" transform="translate(${num(x)} ${num(y)})scale(${String(Math.round(scale * 100) / 100)})"/>`
  })
}

/** The shapes of the crops that this farm grows. */
export const fieldDefs = (plan: FarmPlan): string => {
  const used = new Set(plots.slice(0, Math.ceil(plan.plants / plantsInPlot)).map((_, index) => cropOf(plan, index)))
  return `${[...used].map((name) => `<g id="fo-${name}">${crops[name] ?? ""}</g>`).join("")}<g id="fo-sprout">${sprout}</g>`
}

/** The plots that are dug, from the back to the front; one is always dug in advance. */
export const drawFields = (plan: FarmPlan, proofs: number): string => {
  const dug = Math.min(plotsCount, Math.floor(plan.plants / plantsInPlot) + 1)
  const drawn = plots
    .map((plot, index) => ({ plot, index }))
    .slice(0, dug)
    .sort((a, b) => a.plot.far - b.plot.far)
    .map(({ index, plot }) => soil(plot) + plants(plan, plot, index))
    .join("")
  const spade =
    plan.plants > 0
      ? ""
      : line("M330 500V462M324 462h12", "#8a6a45", 3) +
        path("M324 500h12v8q-6 12-12 0Z", "#8d99a3") +
        path("M352 516q-2-18 3-24h14q5 6 3 24Z", "#e7d3a5") +
        line("M356 496h12", "#b98752", 2) +
        oval(362, 506, 3, "#6bb14e", 4)
  return part("fields", plan.plants, `fields: ${proofs} proofs`, drawn + spade)
}
