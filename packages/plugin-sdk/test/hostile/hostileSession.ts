/** A plugin whose Session misbehaves as its second argument says; everything else it answers well. */
import { rmSync } from "node:fs"
import { createServer } from "node:http2"
import { create, fromBinary, toBinary } from "@bufbuild/protobuf"
import { connectNodeAdapter } from "@connectrpc/connect-node"
import { encodeDescription, encodeVerdict } from "../../src/contract/encode.ts"
import { grpcContentType, makeFrameReader, sessionPath } from "../../src/contract/grpcFrames.ts"
import { messageBytesMax } from "../../src/contract/Observation.ts"
import {
  FarmPlugin,
  SessionRequestSchema,
  type SessionResponse,
  SessionResponseSchema
} from "../../src/gen/farmops/plugin/v1/plugin_pb.ts"
import { frameMessage } from "../frameMessage.ts"
import { oddPlugin } from "../oddPlugin.ts"

const [, , , manner = ""] = process.argv

const rejected = encodeVerdict({ verdict: "rejected", reason: "", remember: null })
const frame = (id: bigint, message: SessionResponse["message"]) =>
  frameMessage(toBinary(SessionResponseSchema, create(SessionResponseSchema, { id, message })))
const verdict = (id: bigint) => frame(id, { case: "verify", value: rejected })

const floodCount = 100_000

// What is written for one request.
const replies: Record<string, (id: bigint) => ReadonlyArray<Buffer>> = {
  flood: (id) => [...Array.from({ length: floodCount }, (_, at) => verdict(BigInt(at) + 1_000_000n)), verdict(id)],
  stranger: (id) => [verdict(id + 1n)],
  twice: (id) => [verdict(id), verdict(id), verdict(id)],
  "5 MB": () => [frameMessage(new Uint8Array(5 * 1024 * 1024))],
  endless: () => [Buffer.from([0, 0xff, 0xff, 0xff, 0xff]), Buffer.alloc(64 * 1024 * 1024)],
  nonsense: () => [frameMessage(new Uint8Array(1_000).fill(0xff))]
}

const unary = connectNodeAdapter({
  routes: (router) =>
    router.service(FarmPlugin, {
      describe: () =>
        encodeDescription({ ...oddPlugin.description, plugin_id: "farmops/hostile", capabilities: ["session"] }),
      verify: () => rejected,
      configureSources: () => ({})
    })
})

const server = createServer((request, response) => {
  if (request.url !== sessionPath) return unary(request, response)
  response.writeHead(200, { "content-type": grpcContentType })
  const read = makeFrameReader(messageBytesMax, (bytes) => {
    const { id } = fromBinary(SessionRequestSchema, bytes)
    for (const one of replies[manner]?.(id) ?? []) response.stream.write(one)
  })
  response.stream.on("data", read).on("error", () => undefined)
})
const socket = process.env.FARMOPS_PLUGIN_SOCKET ?? ""
rmSync(socket, { force: true })
server.listen(socket)
process.stdin.once("end", () => process.exit(0)).resume()
