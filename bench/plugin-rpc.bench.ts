/**
 * What a verdict costs on its way to a plugin and back: unary and over a Session, beside `@grpc/grpc-js` and bare `node:http2`.
 * `npm run bench -- plugin-rpc [CALLS]`: calls of the slowest in each round.
 */
import { type ChildProcess, fork } from "node:child_process"
import { once } from "node:events"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { median, type Report, rounded } from "./report.ts"
import { payloadBytes } from "./rpc/messages.ts"
import type { Spent } from "./rpc/process.ts"

const rounds = 5
const callsDefault = 2000
// A round lasts about as long for each of them.
const names: Readonly<Record<string, number>> = {
  session: 4,
  unary: 1,
  "grpc-js": 2,
  "grpc-js stream": 4,
  "raw http2": 4
}

const program = fileURLToPath(new URL("rpc/process.ts", import.meta.url))

const start = async (...args: ReadonlyArray<string>): Promise<ChildProcess> => {
  const child = fork(program, args, { execArgv: ["--conditions=@farmops/source"] })
  const died = once(child, "exit").then(([code]) => Promise.reject(new Error(`${args.join(" ")} ended with ${code}`)))
  await Promise.race([once(child, "message"), died])
  died.catch(() => undefined)
  return child
}

const ask = async <A>(child: ChildProcess, message: number): Promise<A> => {
  const answer = once(child, "message")
  child.send(message)
  return (await answer)[0] as A
}

interface Round {
  readonly perSecond: number
  readonly p50: number
  readonly p99: number
  readonly clientMicros: number
  readonly serverMicros: number
}

interface Contestant {
  readonly name: string
  readonly calls: number
  readonly server: ChildProcess
  readonly client: ChildProcess
  readonly rounds: Array<Round>
}

const quantile = (sorted: ReadonlyArray<number>, share: number) =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN

const runRound = async (server: ChildProcess, client: ChildProcess, calls: number): Promise<Round> => {
  const before = await ask<number>(server, 0)
  const { callsMicros, cpuMicros, seconds } = await ask<Spent>(client, calls)
  const serverMicros = (await ask<number>(server, 0)) - before
  const sorted = [...callsMicros].sort((a, b) => a - b)
  return {
    perSecond: calls / seconds,
    p50: quantile(sorted, 0.5) / 1000,
    p99: quantile(sorted, 0.99) / 1000,
    clientMicros: cpuMicros / calls,
    serverMicros: serverMicros / calls
  }
}

export const run = async ([given]: ReadonlyArray<string>): Promise<Report> => {
  const slowest = Number(given ?? callsDefault)
  const folder = mkdtempSync(join(tmpdir(), "farmops-rpc-"))
  const running: Array<ChildProcess> = []
  try {
    const contestants: Array<Contestant> = []
    for (const [at, [name, share]] of Object.entries(names).entries()) {
      const socket = join(folder, `${at}.sock`)
      const server = await start("serve", name, socket)
      running.push(server)
      const client = await start("call", name, socket)
      running.push(client)
      contestants.push({ name, calls: slowest * share, server, client, rounds: [] })
    }
    // For the compiler.
    for (const { calls, client, server } of contestants) await runRound(server, client, calls)
    for (let round = 0; round < rounds; round++) {
      for (const each of contestants) each.rounds.push(await runRound(each.server, each.client, each.calls))
    }
    const roundsOf = (name: string) => contestants.find((each) => each.name === name)?.rounds ?? []
    const versus = (one: string, other: string) =>
      rounded(median(roundsOf(one).map(({ perSecond }, at) => perSecond / (roundsOf(other)[at]?.perSecond ?? 0))))
    return {
      ratios: {
        session_vs_grpc_js: versus("session", "grpc-js"),
        session_vs_raw_http2: versus("session", "raw http2"),
        session_vs_grpc_js_stream: versus("session", "grpc-js stream"),
        unary_vs_grpc_js: versus("unary", "grpc-js"),
        session_vs_unary: versus("session", "unary")
      },
      rows: contestants.map(({ name, rounds }) => {
        const middle = (of: (round: Round) => number) => median(rounds.map(of))
        return {
          what: name,
          calls_per_second: Math.round(middle(({ perSecond }) => perSecond)),
          p50_ms: rounded(middle(({ p50 }) => p50)),
          p99_ms: rounded(middle(({ p99 }) => p99)),
          client_cpu_us: Math.round(middle(({ clientMicros }) => clientMicros)),
          server_cpu_us: Math.round(middle(({ serverMicros }) => serverMicros))
        }
      }),
      notes: [
        `Node ${process.version}; ${payloadBytes} bytes of raw data, one verification after another over a Unix socket, client and server processes apart.`,
        `Medians of ${rounds} rounds taken in turn, ${slowest} to ${slowest * 4} calls each; processor time per call of either process, its collector included.`,
        "session and unary are the agent's own client as a fiber uses it; grpc-js goes with @grpc/proto-loader; raw http2 has no contract and no protobuf."
      ]
    }
  } finally {
    for (const child of running) child.disconnect()
    rmSync(folder, { recursive: true, force: true })
  }
}
