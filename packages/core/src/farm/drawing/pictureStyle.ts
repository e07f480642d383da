/** The picture's style sheet and gradients: its colours by day and by night, and what moves. */
import type { FarmPlan } from "./planFarm.ts"

/** Sky by day, top to horizon, for each of the plan's skies. */
const daySkies = [
  ["#9fb2c4", "#cfd8dc", "#e6e3da"],
  ["#8fbfdd", "#c5e0ea", "#f1ead8"],
  ["#66b5e8", "#aadcf2", "#f3f1dc"],
  ["#3fa3e6", "#93d3f3", "#fdf1cf"],
  ["#379be3", "#90d2f4", "#ffefc9"],
  ["#3f93dd", "#9ed0ee", "#ffe3a8"]
] as const

/** Sky by night; the whole picture is tinted afterwards, so these are lighter than they look. */
const nightSkies = [
  ["#3d4a70", "#5b678c", "#8087a5"],
  ["#33477a", "#526a9b", "#8590b4"],
  ["#2b4384", "#4a6aa8", "#8b93bd"],
  ["#243f8a", "#4668b0", "#9a98c4"],
  ["#233c8c", "#4a66b4", "#a79bc8"],
  ["#2a3a8c", "#5664b2", "#c49fbe"]
] as const

/** The style sheet of the picture: its colours by day and by night, and movement for those who did not ask for less. */
export const pictureStyle = (plan: FarmPlan): string => {
  const day = daySkies[plan.sky] ?? daySkies[0]
  const night = nightSkies[plan.sky] ?? nightSkies[0]
  const stops = (colors: ReadonlyArray<string>) => colors.map((color, i) => `.fo-s${i}{stop-color:${color}}`).join("")
  return [
    stops(day),
    ".fo-night{display:none}",
    ".fo-t{font-family:ui-rounded,'Trebuchet MS','DejaVu Sans',system-ui,sans-serif}",
    `@media(prefers-color-scheme:dark){${stops(night)}.fo-night{display:inline}.fo-day{display:none}.fo-cloud{opacity:.5}}`,
    "@media(prefers-reduced-motion:no-preference){",
    ".fo-sails{animation:fo-turn 24s linear infinite}",
    ".fo-cloud{animation:fo-drift 90s ease-in-out infinite alternate}",
    ".fo-smoke{animation:fo-rise 6s ease-in-out infinite alternate}",
    ".fo-bee{animation:fo-buzz 5s ease-in-out infinite alternate}",
    ".fo-blink{animation:fo-blink 3s ease-in-out infinite alternate}",
    "}",
    "@keyframes fo-turn{to{transform:rotate(360deg)}}",
    "@keyframes fo-drift{to{transform:translateX(36px)}}",
    "@keyframes fo-rise{to{transform:translate(5px,-6px)}}",
    "@keyframes fo-buzz{to{transform:translate(16px,-9px)}}",
    "@keyframes fo-blink{to{opacity:.35}}"
  ].join("")
}

/** Gradients that the scenery and the lights refer to; all names start with `fo-`, so the picture may be put in any page. */
export const pictureDefs = [
  '<linearGradient id="fo-sky" x1="0" y1="0" x2="0" y2="1"><stop offset="0" class="fo-s0"/><stop offset=".6" class="fo-s1"/><stop offset="1" class="fo-s2"/></linearGradient>',
  '<linearGradient id="fo-meadow" x1="0" y1="0" x2="0" y2="1"><stop offset="0" stop-color="#a5cf6b"/><stop offset=".45" stop-color="#86bb55"/><stop offset="1" stop-color="#5f9a41"/></linearGradient>',
  '<linearGradient id="fo-hill" x1="0" y1="0" x2="0" y2="1"><stop offset="0" stop-color="#9fcb84"/><stop offset="1" stop-color="#8fc067"/></linearGradient>',
  '<linearGradient id="fo-path" x1="0" y1="0" x2="0" y2="1"><stop offset="0" stop-color="#ead9ac"/><stop offset="1" stop-color="#d3b57c"/></linearGradient>',
  '<radialGradient id="fo-sun"><stop offset="0" stop-color="#fff6cf" stop-opacity=".95"/><stop offset="1" stop-color="#fff0b0" stop-opacity="0"/></radialGradient>',
  '<radialGradient id="fo-glow"><stop offset="0" stop-color="#ffdf8a" stop-opacity=".85"/><stop offset="1" stop-color="#ffc65a" stop-opacity="0"/></radialGradient>',
  '<linearGradient id="fo-water" x1="0" y1="0" x2="0" y2="1"><stop offset="0" stop-color="#a8dcef"/><stop offset="1" stop-color="#5fb0d2"/></linearGradient>',
  '<linearGradient id="fo-round" x1="0" y1="0" x2="1" y2="0"><stop offset="0" stop-color="#000" stop-opacity=".28"/><stop offset=".45" stop-color="#fff" stop-opacity=".12"/><stop offset=".75" stop-color="#fff" stop-opacity=".3"/><stop offset="1" stop-color="#000" stop-opacity=".08"/></linearGradient>'
].join("")
