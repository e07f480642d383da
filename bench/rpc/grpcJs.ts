/** `@grpc/grpc-js` with `@grpc/proto-loader`, the usual pair, speaking the same contract over the same kind of socket. */
import { fileURLToPath } from "node:url"
import { openPeers } from "../proof/peers.ts"
import { peerRequest, peerResponse } from "./messages.ts"

interface Call<Message> {
  readonly request: Message
  readonly on: (event: string, listener: (message: Message) => void) => void
  readonly write: (message: unknown) => void
  readonly end: () => void
}
type Answer = (error: Error | null, message?: unknown) => void
interface Verify {
  readonly raw_data: Buffer
}
interface Session {
  readonly id: string
  readonly verify: Verify
}
interface Client {
  readonly Verify: (request: unknown, answer: Answer) => void
  readonly Session: () => Call<Session>
}
interface Service {
  new (address: string, credentials: unknown): Client
  readonly service: unknown
}
interface GrpcJs {
  readonly credentials: { readonly createInsecure: () => unknown }
  readonly ServerCredentials: { readonly createInsecure: () => unknown }
  readonly loadPackageDefinition: (definition: unknown) => {
    readonly farmops: { readonly plugin: { readonly v1: { readonly FarmPlugin: Service } } }
  }
  readonly Server: new () => {
    readonly addService: (service: unknown, handlers: unknown) => void
    readonly bindAsync: (address: string, credentials: unknown, bound: (error: Error | null) => void) => void
  }
}
interface ProtoLoader {
  readonly loadSync: (file: string, options: unknown) => unknown
}

const open = () => {
  const load = openPeers()
  const grpc = load("@grpc/grpc-js") as GrpcJs
  const { loadSync } = load("@grpc/proto-loader") as ProtoLoader
  const definition = loadSync("farmops/plugin/v1/plugin.proto", {
    keepCase: true,
    longs: String,
    includeDirs: [fileURLToPath(new URL("../../proto", import.meta.url))]
  })
  return { grpc, FarmPlugin: grpc.loadPackageDefinition(definition).farmops.plugin.v1.FarmPlugin }
}

const answer = ({ raw_data }: Verify) => {
  JSON.parse(raw_data.toString("utf8"))
  return peerResponse
}

/** Serves Verify and Session. */
export const serveGrpcJs = (socket: string): Promise<void> => {
  const { FarmPlugin, grpc } = open()
  const server = new grpc.Server()
  server.addService(FarmPlugin.service, {
    Verify: ({ request }: Call<Verify>, reply: Answer) => reply(null, answer(request)),
    Session: (call: Call<Session>) => {
      call.on("data", ({ id, verify }) => call.write({ id, verify: answer(verify) }))
      call.on("end", () => call.end())
    }
  })
  return new Promise((bound, fail) =>
    server.bindAsync(`unix:${socket}`, grpc.ServerCredentials.createInsecure(), (error) =>
      error === null ? bound() : fail(error)
    )
  )
}

const connect = (socket: string) => {
  const { FarmPlugin, grpc } = open()
  return new FarmPlugin(`unix:${socket}`, grpc.credentials.createInsecure())
}

/** One unary call after another. */
export const callGrpcJs = (socket: string) => {
  const client = connect(socket)
  return () =>
    new Promise<void>((done, fail) => client.Verify(peerRequest, (error) => (error === null ? done() : fail(error))))
}

/** One message after another in its own bidirectional stream. */
export const streamGrpcJs = (socket: string) => {
  const stream = connect(socket).Session()
  let id = 0
  let settle = (_: Session) => {}
  stream.on("data", (message) => settle(message))
  return () =>
    new Promise<void>((done, fail) => {
      const asked = String(++id)
      settle = (message) => (message.id === asked ? done() : fail(new Error("an answer to another message")))
      stream.write({ id: asked, verify: peerRequest })
    })
}
