/**
 * What REST submission is compared with: `node:http`, a parse, one signature check with the tracker's own Ed25519, one insert, and the
 * answer after the commit. Requests that come in the same turn share a commit, as in the tracker. `bareHttp.ts FILE`.
 */
import { createServer, type ServerResponse } from "node:http"
import { DatabaseSync } from "node:sqlite"
import { Ed25519 } from "@farmops/proof/Ed25519"
import * as Ed25519Fastest from "@farmops/proof/Ed25519Fastest"
import { decodeHex } from "@farmops/proof/hex"
import { Effect } from "effect"

const { backend } = await Effect.runPromise(Effect.provide(Ed25519, Ed25519Fastest.layer))
const db = new DatabaseSync(process.argv[2] ?? "")
db.exec("PRAGMA journal_mode = WAL")
db.exec("PRAGMA synchronous = FULL")
db.exec("CREATE TABLE proof (position INTEGER PRIMARY KEY, proof_id TEXT UNIQUE, line TEXT)")
const insert = db.prepare("INSERT INTO proof (proof_id, line) VALUES (?, ?)")

const utf8 = new TextEncoder()
let waiting: Array<{ readonly response: ServerResponse; readonly id: string; readonly line: string }> = []

const commit = () => {
  const group = waiting
  waiting = []
  db.exec("BEGIN IMMEDIATE")
  for (const { id, line } of group) insert.run(id, line)
  db.exec("COMMIT")
  for (const { id, response } of group) {
    response.writeHead(201, { "content-type": "application/json" })
    response.end(JSON.stringify({ proof_id: id }))
  }
}

const signatureField = /,"signature":"([0-9a-f]{128})"/

const server = createServer((request, response) => {
  const pieces: Array<Buffer> = []
  request.on("data", (piece: Buffer) => pieces.push(piece))
  request.on("end", () => {
    const line = Buffer.concat(pieces).toString("utf8")
    const { proof_id } = JSON.parse(line)
    const [field = "", signature = ""] = signatureField.exec(line) ?? []
    const key = decodeHex(String(request.headers["x-public-key"])) ?? new Uint8Array()
    const ok = backend.verify(decodeHex(signature) ?? new Uint8Array(), utf8.encode(line.replace(field, "")), key)
    if (!ok) return void response.writeHead(400).end()
    if (waiting.length === 0) setImmediate(commit)
    waiting.push({ response, id: proof_id, line })
  })
})
server.listen(0, "127.0.0.1", () => {
  const address = server.address()
  console.log(JSON.stringify({ url: `http://127.0.0.1:${typeof address === "object" ? address?.port : 0}` }))
})
process.stdin.once("end", () => process.exit(0)).resume()
