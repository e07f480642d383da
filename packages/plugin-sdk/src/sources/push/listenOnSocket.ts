/** Serves gRPC on a Unix socket that nobody but its owner can open, until the scope closes. */
import { chmod, lstat, mkdir, rm } from "node:fs/promises"
import { createServer, type ServerHttp2Session } from "node:http2"
import { connect } from "node:net"
import { dirname, isAbsolute } from "node:path"
import type { ConnectRouter } from "@connectrpc/connect"
import { connectNodeAdapter } from "@connectrpc/connect-node"
import { Effect } from "effect"
import { SourceFailed } from "../../contract/Source.ts"

/** What is served, and how much of it at once. */
export interface SocketService {
  readonly routes: (router: ConnectRouter) => void
  readonly messageBytesMax: number
}

// More tools than one machine runs at once.
const sessionsMax = 64

const answers = (path: string): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(path)
    socket.once("connect", () => {
      socket.destroy()
      resolve(true)
    })
    socket.once("error", () => resolve(false))
  })

/** Makes the folder, checks who may go into it, and clears away what an earlier run left. The fault, or null. */
const prepare = async (path: string): Promise<string | null> => {
  const folder = dirname(path)
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const { mode, uid } = await lstat(folder)
  if ((mode & 0o077) !== 0) return "others may go into the folder of its socket; give it the mode 0700"
  if (uid !== process.getuid?.()) return "the folder of its socket belongs to somebody else"
  const there = await lstat(path).catch(() => null)
  if (there === null) return null
  if (!there.isSocket()) return "something that is no socket is where its socket should be"
  if (await answers(path)) return "another program listens on its socket"
  await rm(path, { force: true })
  return null
}

/** Listens; other programs of this user may call from now on. */
export const listenOnSocket = Effect.fnUntraced(function* (
  source: string,
  path: string,
  { messageBytesMax, routes }: SocketService
) {
  const failed = (reason: string) => new SourceFailed({ source, reason })
  if (!isAbsolute(path)) return yield* failed("its socket must be an absolute path")
  const fault = yield* Effect.tryPromise({
    try: () => prepare(path),
    catch: () => failed("the folder of its socket cannot be made or read")
  })
  if (fault !== null) return yield* failed(fault)
  const sessions = new Set<ServerHttp2Session>()
  const server = createServer(
    connectNodeAdapter({ routes, readMaxBytes: messageBytesMax, writeMaxBytes: messageBytesMax })
  )
  server.on("session", (session) => {
    if (sessions.size >= sessionsMax) return session.destroy()
    sessions.add(session)
    session.once("close", () => sessions.delete(session))
  })
  const listen = Effect.callback<void, SourceFailed>((resume) => {
    server.once("error", () => resume(Effect.fail(failed("its socket cannot be listened on"))))
    // The folder keeps others out until the mode is set, whatever the umask is.
    server.listen(path, () => resume(Effect.void))
  })
  yield* Effect.acquireRelease(listen, () =>
    Effect.callback<void>((resume) => {
      server.close(() => resume(Effect.void))
      for (const session of sessions) session.destroy()
    })
  )
  yield* Effect.tryPromise({ try: () => chmod(path, 0o600), catch: () => failed("its socket cannot be made private") })
})
