/**
 * Finds plugins that somebody else starts: each socket `NAME.sock` in a folder is one for as long as it lies there. A socket
 * that was replaced is a new one. The kernel tells of changes; looking now and then finds what it forgot to tell.
 */
import { lstatSync, readdirSync, watch } from "node:fs"
import { join } from "node:path"
import { Effect, Latch, type Scope } from "effect"

/** What happens in the folder. Each is called for one socket at a time, and for a path first with `added`. */
export interface SocketEvents {
  readonly added: (name: string, path: string) => Effect.Effect<void>
  readonly removed: (name: string) => Effect.Effect<void>
}

const socketName = /^([a-z0-9][a-z0-9-]{0,62})\.sock$/
// More plugins than one agent has any use for. What is beyond it waits until others have gone.
const socketsMax = 64
const pollMs = 2_000

interface Seen {
  readonly name: string
  /** Tells a socket from another one that took its path. */
  readonly identity: string
}

const look = (directory: string): ReadonlyMap<string, Seen> => {
  const found = new Map<string, Seen>()
  let names: ReadonlyArray<string> = []
  try {
    names = readdirSync(directory).sort()
  } catch {
    // There is no such folder yet, or not any more.
  }
  for (const file of names) {
    const name = socketName.exec(file)?.[1]
    const path = join(directory, file)
    const stat = name === undefined ? undefined : lstatSync(path, { throwIfNoEntry: false })
    if (name === undefined || stat?.isSocket() !== true || found.size === socketsMax) continue
    found.set(path, { name, identity: `${stat.dev}:${stat.ino}:${stat.birthtimeMs}` })
  }
  return found
}

/** Watches until the scope closes. */
export const watchSocketDirectory = Effect.fnUntraced(function* (
  directory: string,
  { added, removed }: SocketEvents
): Effect.fn.Return<void, never, Scope.Scope> {
  let known: ReadonlyMap<string, Seen> = new Map()
  const changed = Latch.makeUnsafe(false)

  const settle = Effect.gen(function* () {
    const now = look(directory)
    const before = known
    known = now
    for (const [path, { identity, name }] of before) {
      if (now.get(path)?.identity !== identity) yield* removed(name)
    }
    for (const [path, { identity, name }] of now) {
      if (before.get(path)?.identity !== identity) yield* added(name, path)
    }
  })

  // A folder that is not there cannot be watched; once it is, the next round watches it.
  const listen = Effect.acquireRelease(
    Effect.sync(() => {
      try {
        return watch(directory, { persistent: false }, () => changed.openUnsafe()).on("error", () => undefined)
      } catch {
        return null
      }
    }),
    (watcher) => Effect.sync(() => watcher?.close())
  )

  const round = Effect.gen(function* () {
    yield* listen
    for (;;) {
      changed.closeUnsafe()
      yield* settle
      yield* Effect.timeoutOption(changed.await, pollMs)
      // A folder that was removed and made anew is another one to the kernel.
      if (!changed.isOpen()) return
    }
  }).pipe(Effect.scoped)

  yield* Effect.forkScoped(Effect.forever(round))
})
