/** One end of one contestant, as a process of its own: `serve NAME SOCKET` or `call NAME SOCKET`. Its parent asks by message. */
import { Effect } from "effect"
import { callGrpcJs, serveGrpcJs, streamGrpcJs } from "./grpcJs.ts"
import { askOurs, serveOurs } from "./ours.ts"
import { callRawHttp2, serveRawHttp2 } from "./rawHttp2.ts"

/** What `calls` cost this process; its own processor time, and each call's time on the clock. */
export interface Spent {
  readonly seconds: number
  readonly cpuMicros: number
  readonly callsMicros: ReadonlyArray<number>
}

/** Makes so many calls, one after another. */
type Run = (calls: number, times: Array<number>) => Promise<void>

const inTurn =
  (call: () => Promise<void>): Run =>
  async (calls, times) => {
    for (let i = 0; i < calls; i++) {
      const began = performance.now()
      await call()
      times.push(performance.now() - began)
    }
  }

const asFiber =
  (call: Effect.Effect<unknown, unknown>): Run =>
  (calls, times) =>
    Effect.runPromise(
      Effect.gen(function* () {
        for (let i = 0; i < calls; i++) {
          const began = performance.now()
          yield* call
          times.push(performance.now() - began)
        }
      })
    )

const contestants: Readonly<
  Record<string, { readonly serve: (socket: string) => Promise<void>; readonly open: (socket: string) => Promise<Run> }>
> = {
  session: { serve: serveOurs, open: async (socket) => asFiber(await askOurs(socket, true)) },
  unary: { serve: serveOurs, open: async (socket) => asFiber(await askOurs(socket, false)) },
  "grpc-js": { serve: serveGrpcJs, open: async (socket) => inTurn(callGrpcJs(socket)) },
  "grpc-js stream": { serve: serveGrpcJs, open: async (socket) => inTurn(streamGrpcJs(socket)) },
  "raw http2": { serve: serveRawHttp2, open: async (socket) => inTurn(callRawHttp2(socket)) }
}

const spend = async (run: Run, calls: number): Promise<Spent> => {
  const times: Array<number> = []
  const cpu = process.cpuUsage()
  const began = performance.now()
  await run(calls, times)
  const seconds = (performance.now() - began) / 1000
  const { system, user } = process.cpuUsage(cpu)
  return { seconds, cpuMicros: system + user, callsMicros: times.map((ms) => ms * 1000) }
}

const [end, name = "", socket = ""] = process.argv.slice(2)
const contestant = contestants[name]
if (contestant === undefined || process.send === undefined)
  throw new Error("started by bench/plugin-rpc.bench.ts alone")
const tell = process.send.bind(process)
process.on("disconnect", () => process.exit(0))
if (end === "serve") {
  await contestant.serve(socket)
  // For the server, a question is how much of the processor it has used up to now.
  process.on("message", () => {
    const { system, user } = process.cpuUsage()
    tell(system + user)
  })
} else {
  const run = await contestant.open(socket)
  process.on("message", (calls: number) => void spend(run, calls).then(tell))
}
tell("ready")
