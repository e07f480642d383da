/** A server on this machine that gives each request the next answer of a script, and remembers what it was asked. */
import { createServer } from "node:http"
import { Effect } from "effect"

/** What is answered; without a status the connection breaks. */
export interface ScriptedAnswer {
  readonly status?: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: unknown
}

/** A request as it came. */
export interface Asked {
  readonly method: string
  readonly path: string
  readonly headers: Readonly<Record<string, string | ReadonlyArray<string> | undefined>>
  readonly body: unknown
}

/** Listens for the scope. After its script it breaks every connection. */
export const scriptedServer = (script: ReadonlyArray<ScriptedAnswer>) =>
  Effect.acquireRelease(
    Effect.promise(async () => {
      const asked: Array<Asked> = []
      const left = [...script]
      const server = createServer((request, response) => {
        let text = ""
        request.on("data", (chunk) => {
          text += String(chunk)
        })
        request.on("end", () => {
          const { headers, method = "", url = "" } = request
          asked.push({ method, path: url, headers, body: text === "" ? null : JSON.parse(text) })
          const next = left.shift()
          if (next?.status === undefined) return void request.socket.destroy()
          const { body, status } = next
          const type = body === undefined ? {} : { "content-type": "application/json" }
          response
            .writeHead(status, { ...type, ...next.headers })
            .end(body === undefined ? undefined : JSON.stringify(body))
        })
      })
      await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
      const address = server.address()
      const port = typeof address === "object" && address !== null ? address.port : 0
      return { url: `http://127.0.0.1:${port}`, asked, server }
    }),
    ({ server }) =>
      Effect.promise(
        () =>
          new Promise<void>((resolve) => {
            server.close(() => resolve())
            server.closeAllConnections()
          })
      )
  )
