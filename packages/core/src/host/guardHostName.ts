/**
 * Keeps web pages away from a server on loopback. A page on the internet can point a name of its own at 127.0.0.1 (DNS
 * rebinding) and would then read what only this machine's user may see; the Host header still carries that page's name.
 */
import type { IncomingMessage, Server, ServerResponse } from "node:http"
import type { Http2SecureServer } from "node:http2"
import type { Duplex } from "node:stream"

/** A server of a host: plain HTTP/1.1, or with TLS both versions on one port. */
export type HostServer = Server | Http2SecureServer

/** Whether an address can be reached from this machine only. */
export const isLoopback = (host: string): boolean => host === "localhost" || host === "::1" || /^127\./.test(host)

const loopbackName = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/

const isExpected = (request: IncomingMessage, names: ReadonlySet<string>): boolean => {
  // Untrusted: sent by any web page that this machine's browser shows.
  const host = request.headers.host ?? request.headers[":authority"] ?? ""
  const name = String(host).toLowerCase().replace(/:\d*$/, "")
  return loopbackName.test(name) || names.has(name)
}

const body = JSON.stringify({
  type: "about:blank",
  title: "Misdirected Request",
  status: 421,
  detail: "This server answers only to names of this machine.",
  code: "wrong_host"
})

const refuseRequest = (response: ServerResponse): void => {
  // HTTP/2 has no such header: it closes a stream, not the connection.
  const closes = response.req.httpVersionMajor < 2 ? { connection: "close" } : {}
  response.writeHead(421, { "content-type": "application/problem+json", ...closes }).end(body)
}

type Emit = (event: string, ...args: ReadonlyArray<unknown>) => boolean

/** Refuses, with 421, requests under a name that is neither of this machine nor in `hostNames`, before anybody sees them. */
export const guardHostName = <S extends HostServer>(server: S, hostNames: ReadonlyArray<string>): S => {
  const names = new Set(hostNames.map((name) => name.toLowerCase()))
  const emit: Emit = server.emit.bind(server)
  const guarded: Emit = (event, ...args) => {
    if (event === "request" || event === "checkContinue" || event === "checkExpectation") {
      const [request, response] = args as [IncomingMessage, ServerResponse]
      if (!isExpected(request, names)) {
        refuseRequest(response)
        return true
      }
    }
    if (event === "upgrade" || event === "connect") {
      const [request, socket] = args as [IncomingMessage, Duplex]
      if (!isExpected(request, names)) {
        socket.end("HTTP/1.1 421 Misdirected Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")
        return true
      }
    }
    return emit(event, ...args)
  }
  return Object.assign(server, { emit: guarded })
}
