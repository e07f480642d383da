/** The page at a village's root: its board, drawn on the server, readable without a script. */
import { Effect, type Layer } from "effect"
import { HttpRouter, HttpServerResponse } from "effect/http"
import { problemOfStatus, problemResponse } from "../http/problem.ts"
import { type BoardEntry, Leaderboard } from "../village/Leaderboard.ts"

const escapes: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;"
}

// Untrusted: farmers choose their names.
const escapeHtml = (text: string): string => text.replace(/[&<>"']/g, (sign) => escapes[sign] ?? "")

const headers = {
  // Nothing but the page's own style may load or run.
  "content-security-policy":
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff"
}

const style = `:root{color-scheme:light dark}
body{font:16px/1.5 system-ui,sans-serif;max-width:46rem;margin:2rem auto;padding:0 1rem;color:#24321f;background:#f6f4e8}
table{width:100%;border-collapse:collapse}caption{text-align:left;padding:.4rem 0}
th,td{padding:.45rem .6rem;text-align:left;border-bottom:1px solid #d8d5bd}td{overflow-wrap:anywhere}
.n{text-align:right;font-variant-numeric:tabular-nums}small{opacity:.75}a{color:inherit}
@media(prefers-color-scheme:dark){body{color:#e8ead9;background:#1d231b}th,td{border-color:#3a4434}}`

const number = (value: number): string => `<td class="n">${value}</td>`

const row = ({ display_name, level, rank, sample, streak_days, total_coins }: BoardEntry): string =>
  // The name may be written from right to left: `bdi` keeps that inside its cell.
  `<tr>${number(rank)}<td><bdi>${escapeHtml(display_name)}</bdi>${sample ? " <small>(sample)</small>" : ""}</td>` +
  `${number(total_coins)}${number(level)}${number(streak_days)}</tr>`

const board = (entries: ReadonlyArray<BoardEntry>): string =>
  entries.length === 0
    ? "<p>Nobody is on this board yet.</p>"
    : `<table><caption>By coins</caption><thead><tr><th class="n" scope="col">Rank</th><th scope="col">Farmer</th>` +
      `<th class="n" scope="col">Coins</th><th class="n" scope="col">Level</th><th class="n" scope="col">Streak</th></tr></thead>` +
      `<tbody>${entries.map(row).join("")}</tbody></table>`

/** The whole document. Pure; every text in it is escaped. */
export const villagePageHtml = (name: string, entries: ReadonlyArray<BoardEntry>): string => `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="refresh" content="30"><title>${escapeHtml(name)}</title><style>${style}</style></head>
<body><h1>${escapeHtml(name)}</h1>
${board(entries)}
<p>Every number comes from a snapshot that the farm's own key signed. <a href="/docs">API</a></p></body></html>
`

// What a person scrolls through; the API gives more.
const shownMax = 100

/** `GET /`. */
export const layerVillagePage = (name: string): Layer.Layer<never, never, HttpRouter.HttpRouter | Leaderboard> =>
  HttpRouter.use((router) =>
    Effect.gen(function* () {
      const { top } = yield* Leaderboard
      const page = top("coins", shownMax).pipe(
        Effect.map((entries) =>
          HttpServerResponse.setHeaders(HttpServerResponse.html(villagePageHtml(name, entries)), headers)
        ),
        Effect.catchTag("VillageUnavailable", () => Effect.succeed(problemResponse(problemOfStatus(503))))
      )
      yield* router.add("GET", "/", page)
    })
  )
