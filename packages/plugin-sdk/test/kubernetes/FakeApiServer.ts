/**
 * A fake: a local HTTP server that gives the answers a test lines up, one for each request, and holds a watch open. It is for
 * what a real API server does not do on demand; what it does is tested on the real one in tests/kubernetes.
 */
import http, { type ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"
import type { KubeConnection } from "@farmops/plugin-sdk/sources/kubernetes/KubeConnection"
import { Effect } from "effect"

/** One answer: a status and JSON, or lines of a watch that stays open, or any text. */
export type FakeAnswer =
  | { readonly status?: number; readonly json: unknown; readonly headers?: Readonly<Record<string, string>> }
  | { readonly lines: ReadonlyArray<unknown>; readonly ends?: boolean }
  | { readonly text: string; readonly ends?: boolean; readonly cut?: boolean }

/** The server, and what it was asked. */
export interface FakeApiServer {
  readonly connection: KubeConnection
  readonly requests: Array<URL>
  /** Lines up further answers. Once they are used up, requests are left waiting. */
  readonly answer: (...answers: ReadonlyArray<FakeAnswer>) => void
  /** The n-th request, counted from one, has come. */
  readonly asked: (count: number) => Effect.Effect<void>
}

const give = (response: ServerResponse, answer: FakeAnswer) => {
  if ("json" in answer) {
    response.writeHead(answer.status ?? 200, { "content-type": "application/json", ...answer.headers })
    response.end(JSON.stringify(answer.json))
    return
  }
  response.writeHead(200, { "content-type": "application/json" })
  const text = "lines" in answer ? answer.lines.map((line) => `${JSON.stringify(line)}\n`).join("") : answer.text
  response.flushHeaders()
  response.write(text, () => {
    if ("cut" in answer && answer.cut === true) response.destroy()
    else if (answer.ends === true) response.end()
  })
}

/** Starts one that ends with the scope. */
export const startFakeApiServer = Effect.fnUntraced(function* (...first: ReadonlyArray<FakeAnswer>) {
  const answers = [...first]
  const requests: Array<URL> = []
  const waiting: Array<{ readonly count: number; readonly done: () => void }> = []
  const held: Array<ServerResponse> = []
  const server = yield* Effect.acquireRelease(
    Effect.promise(
      () =>
        new Promise<http.Server>((done) => {
          const made = http.createServer((request, response) => {
            requests.push(new URL(request.url ?? "/", "http://fake"))
            const answer = answers.shift()
            if (answer === undefined) held.push(response)
            else give(response, answer)
            for (const { count, done: come } of waiting) if (requests.length >= count) come()
          })
          made.listen(0, "127.0.0.1", () => done(made))
        })
    ),
    (made) =>
      Effect.promise(
        () =>
          new Promise<void>((done) => {
            made.close(() => done())
            made.closeAllConnections()
          })
      )
  )
  const { port } = server.address() as AddressInfo
  const fake: FakeApiServer = {
    connection: {
      server: new URL(`http://127.0.0.1:${port}`),
      serverName: null,
      insecure: false,
      credentials: Effect.succeed({ token: null, ca: null, client: null })
    },
    requests,
    answer: (...more) => {
      answers.push(...more)
      for (const response of held.splice(0)) {
        const answer = answers.shift()
        if (answer === undefined) held.push(response)
        else give(response, answer)
      }
    },
    asked: (count) =>
      Effect.callback((resume) => {
        const done = () => resume(Effect.void)
        if (requests.length >= count) done()
        else waiting.push({ count, done })
      })
  }
  return fake
})
