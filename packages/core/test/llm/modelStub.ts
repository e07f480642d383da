/** A provider on a port of its own, with real sockets: it says what a test wants, in the wire format of each. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http"
import { Effect } from "effect"

/** What the stub does with one request. */
export type StubAnswer =
  | { readonly status: number; readonly body: unknown; readonly headers?: Readonly<Record<string, string>> }
  | "dropped"
  | "dropped in the middle"
  | "silent"
  | "endless"

/** One request as it came. */
export interface StubRequest {
  readonly path: string
  readonly headers: IncomingMessage["headers"]
  readonly body: Record<string, unknown>
  readonly atMs: number
}

const read = async (request: IncomingMessage): Promise<string> => {
  const chunks: Array<Uint8Array> = []
  for await (const chunk of request) chunks.push(chunk)
  return Buffer.concat(chunks).toString("utf8")
}

const write = (response: ServerResponse, answer: StubAnswer): void => {
  if (answer === "silent") return
  if (answer === "dropped") return void response.socket?.destroy()
  if (typeof answer === "object") {
    const text = typeof answer.body === "string" ? answer.body : JSON.stringify(answer.body)
    return void response.writeHead(answer.status, { "content-type": "application/json", ...answer.headers }).end(text)
  }
  response.writeHead(200, { "content-type": "application/json" })
  if (answer === "dropped in the middle") {
    response.write('{"id":"msg', () => response.socket?.destroy())
    return
  }
  const more = (): void => {
    while (response.write(" ".repeat(65_536)));
    response.once("drain", more)
  }
  more()
}

/** Answers the first request with the first of `answers` and so on; the last one is for all that follow. */
export const modelStub = (answers: ReadonlyArray<StubAnswer>) => {
  const requests: Array<StubRequest> = []
  const { promise: arrived, resolve: onArrival } = Promise.withResolvers<void>()
  const { promise: hungUp, resolve: onHangUp } = Promise.withResolvers<void>()
  const handle = async (request: IncomingMessage, response: ServerResponse) => {
    const answer = answers[Math.min(requests.length, answers.length - 1)] ?? "dropped"
    requests.push({
      path: request.url ?? "",
      headers: request.headers,
      body: JSON.parse(await read(request)),
      atMs: performance.now()
    })
    // Before its answer ended.
    response.on("close", () => (response.writableFinished ? undefined : onHangUp()))
    onArrival()
    write(response, answer)
  }
  const server = createServer((request, response) => void handle(request, response))
  const listening = Effect.callback<string>((resume) => {
    server.listen(0, "127.0.0.1", () => {
      const address = server.address()
      const port = typeof address === "object" && address !== null ? address.port : 0
      resume(Effect.succeed(`http://127.0.0.1:${port}`))
    })
  })
  const close = Effect.sync(() => {
    server.closeAllConnections()
    server.close()
  })
  return Effect.map(
    Effect.acquireRelease(listening, () => close),
    (url) => ({ url, requests, arrived, hungUp })
  )
}
