/** gRPC over a plugin's Unix socket: a connection is opened by the first call, and another when the last is gone. */
import type { Socket } from "node:net"
import type { Transport } from "@connectrpc/connect"
import { createGrpcTransport } from "@connectrpc/connect-node"
import { messageBytesMax } from "../../contract/Observation.ts"
import { connectPlugin } from "./connectPlugin.ts"

/** A transport, and the way to let go of its connection. */
export interface PluginTransport {
  readonly transport: Transport
  /** Ends what is open; a call that waits fails. */
  readonly close: () => void
}

/** Every call carries `authorization`, or none where it is null. `writeMaxBytes` is what an agent sends at most. */
export const makePluginTransport = (
  socket: string,
  authorization: () => string | null,
  writeMaxBytes: number = messageBytesMax
): PluginTransport => {
  const open = new Set<Socket>()
  const transport = createGrpcTransport({
    baseUrl: "http://plugin",
    nodeOptions: {
      createConnection: () => {
        const opened = connectPlugin(socket)
        open.add(opened)
        opened.once("close", () => open.delete(opened))
        return opened
      }
    },
    readMaxBytes: messageBytesMax,
    writeMaxBytes,
    interceptors: [
      (next) => (request) => {
        const word = authorization()
        if (word !== null) request.header.set("authorization", word)
        return next(request)
      }
    ]
  })
  return {
    transport,
    // The sockets, and not the transport's own abort: that lets an error go unheard, and this process with it, where the plugin
    // says goodbye at the same moment.
    close: () => {
      for (const each of open) each.destroy()
    }
  }
}
