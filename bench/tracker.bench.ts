/**
 * What a tracker takes from a fleet: durable proofs a second over a gRPC stream, gRPC unary and REST, beside what this machine could
 * do at most, on ledgers short and long. `npm run bench -- tracker [PROOFS] [STORED]`: proofs of a run, and of the long ledger.
 */
import { mkdirSync, mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { findSodium } from "@farmops/proof/SodiumBackend"
import { rssMb } from "./program.ts"
import { multiplyProofs } from "./proof/ledger.ts"
import { median, type Report, rounded } from "./report.ts"
import { enrolFleet, type FleetAgent, signAhead } from "./tracker/agents.ts"
import { askWhile } from "./tracker/askWhile.ts"
import { ask, canPin, cores, serve } from "./tracker/pinned.ts"

const rounds = 3
const agents = 50
const proofsDefault = 10_000
const storedDefault = 1_000_000
const storedFew = 10_000
/** One request each: a fifth of the proofs takes as long. */
const shareOfSingle = 5

interface Load {
  readonly seconds: number
  readonly proofs: number
  readonly p50_ms: number
  readonly p99_ms: number
}

interface Tracker {
  readonly url: string
  readonly grpc: string
}

interface Measured extends Load {
  readonly rate: number
}

const ways = ["stream", "unary", "rest"] as const

const column = (runs: ReadonlyArray<Measured>, of: (run: Measured) => number): number => rounded(median(runs.map(of)))

const rowOf = (what: string, runs: ReadonlyArray<Measured>, residentMb: number | null) => ({
  what,
  per_second: Math.round(median(runs.map(({ rate }) => rate))),
  p50_ms: column(runs, ({ p50_ms }) => p50_ms),
  p99_ms: column(runs, ({ p99_ms }) => p99_ms),
  resident_mb: residentMb
})

const limitRow = (what: string, rates: ReadonlyArray<number>) => ({
  what,
  per_second: Math.round(median(rates)),
  p50_ms: null,
  p99_ms: null,
  resident_mb: null
})

const over = (ones: ReadonlyArray<number>, others: ReadonlyArray<number>): number =>
  rounded(median(ones.map((one, at) => one / (others[at] ?? Number.NaN))))

export const run = async ([given, long]: ReadonlyArray<string>): Promise<Report> => {
  const proofs = Number(given ?? proofsDefault)
  const stored = Number(long ?? storedDefault)
  const found = findSodium()
  if (!found.ok) throw new Error(`this benchmark compares with libsodium, which does not load: ${found.detail}`)
  const root = mkdtempSync(join(tmpdir(), "farmops-tracker-"))
  const file = join(root, "proofs.jsonl")
  const send = async (way: string, url: string): Promise<Measured> => {
    const done = await ask<Load>(cores.client, "load.ts", way, url, file)
    return { ...done, rate: done.proofs / done.seconds }
  }
  const load = (way: string, url: string, fleet: ReadonlyArray<FleetAgent>, count: number): Promise<Measured> => {
    signAhead(file, fleet, Math.ceil(count / agents))
    return send(way, url)
  }
  const ledgerOf = async (name: string, count: number) => {
    const folder = join(root, name)
    mkdirSync(folder)
    const fleet = await enrolFleet(folder, agents, found.sodium)
    if (count > 0) {
      const tracker = await serve<Tracker>(cores.server, "serve.ts", folder)
      signAhead(file, fleet.slice(0, 1), 1)
      await send("stream", tracker.at.grpc)
      await tracker.stop()
      multiplyProofs(join(folder, "ledger.db"), count)
    }
    return { folder, fleet: count > 0 ? fleet.slice(1) : fleet }
  }
  try {
    const fresh = await ledgerOf("fresh", 0)
    const tracker = await serve<Tracker>(cores.server, "serve.ts", fresh.folder)
    const bare = await serve<{ readonly url: string }>(cores.server, "bareHttp.ts", join(root, "bare.db"))
    const runs: Record<(typeof ways)[number] | "bare", Array<Measured>> = { stream: [], unary: [], rest: [], bare: [] }
    const limits: Record<"verify" | "commit", Array<number>> = { verify: [], commit: [] }
    const limit = async (kind: string, ...args: ReadonlyArray<string>) =>
      (await ask<{ readonly per_second: number }>(cores.server, "limits.ts", kind, ...args)).per_second
    const few = Math.ceil(proofs / shareOfSingle)
    // For the compiler.
    for (const way of ways) await load(way, way === "rest" ? tracker.at.url : tracker.at.grpc, fresh.fleet, few)
    await send("bare", bare.at.url)
    const farm = askWhile(`${tracker.at.url}/api/v1/farm`)
    for (let round = 0; round < rounds; round++) {
      runs.stream.push(await farm.during(load("stream", tracker.at.grpc, fresh.fleet, proofs)))
      limits.verify.push(await limit("verify", file))
      limits.commit.push(await limit("commit", file, join(root, "commit.db")))
      runs.unary.push(await load("unary", tracker.at.grpc, fresh.fleet, few))
      runs.rest.push(await load("rest", tracker.at.url, fresh.fleet, few))
      // The same proofs as before.
      runs.bare.push(await send("bare", bare.at.url))
    }
    const resident = Math.round(rssMb(tracker.child.pid ?? 0))
    await tracker.stop()
    await bare.stop()
    const scans: Array<number> = []
    const rebuilds: Array<number> = []
    for (let round = 0; round < rounds; round++) {
      scans.push(await limit("scan", join(fresh.folder, "ledger.db")))
      rebuilds.push((await ask<{ readonly per_second: number }>(cores.server, "rebuild.ts", fresh.folder)).per_second)
    }
    const next = { few: [] as Measured[], many: [] as Measured[] }
    const grown = [
      { ...(await ledgerOf("few", storedFew)), into: next.few },
      { ...(await ledgerOf("many", stored)), into: next.many }
    ]
    const serving = []
    for (const each of grown)
      serving.push({ ...each, tracker: await serve<Tracker>(cores.server, "serve.ts", each.folder) })
    for (const { fleet, tracker } of serving) await load("stream", tracker.at.grpc, fleet, few)
    for (let round = 0; round < rounds; round++) {
      for (const { fleet, into, tracker } of serving) into.push(await load("stream", tracker.at.grpc, fleet, proofs))
    }
    for (const { tracker } of serving) await tracker.stop()
    const rates = (measured: ReadonlyArray<Measured>) => measured.map(({ rate }) => rate)
    return {
      ratios: {
        stream_vs_verify_limit: over(rates(runs.stream), limits.verify),
        rest_vs_bare_http: over(rates(runs.rest), rates(runs.bare)),
        ingest_1m_vs_10k: over(rates(next.many), rates(next.few)),
        rebuild_vs_scan_parse: over(rebuilds, scans)
      },
      rows: [
        rowOf("gRPC stream, 256 proofs a call", runs.stream, resident),
        rowOf("gRPC unary", runs.unary, resident),
        rowOf("REST", runs.rest, resident),
        limitRow("  libsodium verify of the same bytes, one core", limits.verify),
        limitRow("  SQLite commits of 256 such rows", limits.commit),
        rowOf("  bare node:http, the same check and insert", runs.bare, null),
        rowOf(`gRPC stream onto ${storedFew} stored`, next.few, null),
        rowOf(`gRPC stream onto ${stored} stored`, next.many, null),
        limitRow("replay of the whole ledger", rebuilds),
        limitRow("  read and parse of the same rows", scans),
        { what: "GET /farm during the stream", per_second: null, ...farm.times(), resident_mb: null }
      ],
      notes: [
        `Node ${process.version}; ${agents} agents, ${proofs} proofs a run by stream and ${few} one by one, medians of ${rounds} rounds taken in turn; SQLite in a file, synchronous FULL.`,
        canPin
          ? "The tracker, the limits and the bare server had core 0, the agents core 1."
          : "Nothing was pinned to a core: the ratios say little.",
        "The rows of the long ledgers are copies of one proof. Milliseconds are those of a call: of 256 proofs in the stream, else of one."
      ]
    }
  } finally {
    rmSync(root, { recursive: true, force: true })
  }
}
