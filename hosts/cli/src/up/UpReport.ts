/** What `up` says while it works: for a person one line per fact, with `--json` one JSON object per line. */
import type { FarmState } from "@farmops/core/farm/FarmState"
import type { ChainAnchor } from "@farmops/proof/verify"
import { Effect } from "effect"
import { verifyCommand } from "../chainAnchor.ts"
import type { Endpoints } from "../FarmConnection.ts"
import type { Printer } from "../Printer.ts"
import { BackfillProgress } from "./BackfillProgress.ts"

/** Everything that `up` reports, in the order in which it happens. */
export interface UpReport {
  readonly source: (facts: {
    readonly sample: boolean
    readonly fallback: boolean
    readonly whose: "own" | "all" | "named"
    readonly commits: number
  }) => Effect.Effect<void>
  readonly serving: (endpoints: Endpoints) => Effect.Effect<void>
  readonly progress: (done: number, total: number) => Effect.Effect<void>
  readonly grown: (facts: { readonly farm: FarmState } & ChainAnchor) => Effect.Effect<void>
  readonly changed: (farm: FarmState, before: FarmState) => Effect.Effect<void>
  /** What keeps the agent from going on: a code, or a line for a person where a decision is needed. */
  readonly trouble: (what: string) => Effect.Effect<void>
  readonly stopped: Effect.Effect<void>
}

const many = (count: number, one: string) => `${count.toLocaleString("en")} ${one}${count === 1 ? "" : "s"}`

const sourceLine = (facts: Parameters<UpReport["source"]>[0]): string => {
  if (facts.fallback) {
    return "no git repository here: growing the farm from a small sample repository (use --repo PATH for a real one)"
  }
  if (facts.sample) return "growing the farm from a small sample repository"
  const whose = facts.whose === "own" ? "your own commits" : "everybody's commits (none of them are yours)"
  return `growing the farm from ${whose}: ${facts.commits.toLocaleString("en")} in this repository's last 90 days`
}

/** What a person types to check it all. */
export const verifyLines = (anchor: ChainAnchor): ReadonlyArray<string> => [
  "verify it yourself:",
  "  npx farmops proof export --out farm.jsonl",
  `  ${verifyCommand("farm.jsonl", anchor)}`
]

/** The reporter for this invocation's output. */
export const makeUpReport = (printer: Printer["Service"]): UpReport => {
  const progress = new BackfillProgress({ terminal: printer.isTerminal })
  // A line must not be written into the middle of the bar.
  const line = (text: string) => printer.line(`${progress.end()}${text}`)
  if (printer.json) {
    const event = (name: string) => (facts: object) => printer.data({ event: name, ...facts })
    return {
      source: event("source"),
      serving: event("serving"),
      progress: (done, total) =>
        progress.report(done, total) === null ? Effect.void : event("progress")({ done, total }),
      grown: event("grown"),
      changed: (farm) => event("changed")({ farm }),
      trouble: (code) => event("trouble")({ code }),
      stopped: event("stopped")({})
    }
  }
  return {
    source: (facts) => line(sourceLine(facts)),
    serving: Effect.fnUntraced(function* ({ agent, grpc, tracker, village }) {
      yield* line(`farm      ${tracker}/   ← open this in a browser`)
      yield* line(`agent     ${agent}/api/v1/status`)
      if (grpc !== null) yield* line(`grpc      ${grpc}`)
      if (village !== null) yield* line(`village   ${village}/`)
    }),
    progress: (done, total) => {
      const text = progress.report(done, total)
      return text === null ? Effect.void : printer.write(text)
    },
    grown: Effect.fnUntraced(function* ({ farm, publicKey, recoveryKey }) {
      const label = farm.sample ? " (sample)" : ""
      yield* line(
        `${farm.name}${label}: ${many(farm.total_coins, "coin")}, level ${farm.level}, ${many(farm.proofs, "proof")}`
      )
      for (const text of verifyLines({ publicKey, recoveryKey })) yield* line(text)
      yield* line("watching for new work; Ctrl-C stops")
    }),
    changed: (farm, before) => {
      const coins = farm.total_coins + farm.bot_coins - before.total_coins - before.bot_coins
      const proofs = farm.proofs - before.proofs
      const level = farm.level > before.level ? `, level ${farm.level}!` : ""
      return line(`+${many(coins, "coin")} from ${many(proofs, "new proof")}${level}`)
    },
    trouble: (code) => line(`the agent waits: ${code}`),
    stopped: line("stopped; nothing is lost, `farmops up` goes on from here")
  }
}
