import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs"
import { createServer, type Server } from "node:http"
import { tmpdir } from "node:os"
import * as NodeServices from "@effect/platform-node/NodeServices"
import { describe, expect, it } from "@effect/vitest"
import { Effect } from "effect"
import { fixtureTasks } from "./fixtureTasks.ts"
import { recordLlm } from "./recordLlm.ts"

const key = `sk-ant-${"Zz9".repeat(12)}`

/** Answers every question with the first task's answer, as Anthropic does. */
const provider = Effect.acquireRelease(
  Effect.callback<{ readonly url: string; readonly server: Server }>((resume) => {
    const text = JSON.stringify(fixtureTasks[0]?.answer)
    const body = {
      id: "msg_1",
      type: "message",
      role: "assistant",
      model: "claude-sonnet-4-6",
      content: [{ type: "text", text }],
      stop_reason: "end_turn",
      usage: { input_tokens: 7, output_tokens: 5 }
    }
    const server = createServer((request, response) => {
      request.resume()
      request.on("end", () => response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(body)))
    })
    server.listen(0, "127.0.0.1", () => {
      const address = server.address()
      const port = typeof address === "object" && address !== null ? address.port : 0
      resume(
        Effect.succeed({
          url: `http://127.0.0.1:${port}/v1`,
          server
        })
      )
    })
  }),
  ({ server }) =>
    Effect.sync(() => {
      server.closeAllConnections()
      server.close()
    })
)

const folder = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(`${tmpdir()}/farmops-recordings-`)),
  (path) => Effect.sync(() => rmSync(path, { recursive: true }))
)

describe("recording", () => {
  it.live("leaves one file for each task's question, with what was said and without the key", () =>
    Effect.gen(function* () {
      const { url } = yield* provider
      const out = yield* folder
      yield* recordLlm({ provider: "anthropic", baseUrl: url, apiKey: key, out, handWritten: false })
      const files = readdirSync(out)
      expect(files).toHaveLength(fixtureTasks.length)
      for (const file of files) {
        const text = readFileSync(`${out}/${file}`, "utf8")
        expect(text).not.toContain(key)
        expect(JSON.parse(text)).toMatchObject({ origin: "recorded", answer: { body: { id: "msg_1" } } })
      }
    }).pipe(Effect.provide(NodeServices.layer))
  )
})
