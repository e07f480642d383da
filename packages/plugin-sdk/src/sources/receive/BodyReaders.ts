/**
 * The bodies that a receiver reads and holds at once, bounded in number and in bytes. Strangers are read before their signature can
 * be checked, so nobody may keep others out by being slow: for a newcomer an unfinished body gives way, of the address that has most
 * of them the one that came first. A sender that means it is read within milliseconds.
 */
import { Deferred, Effect, Option } from "effect"
import type { HttpServerRequest } from "effect/http"
import { type BodyBounds, readBody } from "./readBody.ts"
import type { RefusalCode } from "./refusal.ts"

// So many that those of one moment are finished before they have to give way; each is a connection and little more.
const readersMax = 64
// Times the largest body: what is held in memory altogether.
const wholeBodiesMax = 16

interface Reader {
  readonly address: string
  readonly cut: Deferred.Deferred<never, RefusalCode>
  bytes: number
  isRead: boolean
}

/** Reads bodies for one receiver. */
export interface BodyReaders {
  /** Reads the body and holds it until `use` is over. */
  readonly use: <A>(
    request: HttpServerRequest.HttpServerRequest,
    bounds: BodyBounds,
    use: (body: Uint8Array) => Effect.Effect<A, RefusalCode>
  ) => Effect.Effect<A, RefusalCode>
}

/** No body is read yet. */
export const makeBodyReaders = (): BodyReaders => {
  // In the order in which they came.
  const readers = new Set<Reader>()
  let held = 0

  const leave = (reader: Reader): void => {
    if (readers.delete(reader)) held -= reader.bytes
  }
  const turnAway = (reader: Reader): void => {
    leave(reader)
    Deferred.doneUnsafe(reader.cut, Effect.fail("too_many_deliveries"))
  }

  const unfinished = (): Reader | undefined => {
    const byAddress = Map.groupBy(
      [...readers].filter(({ isRead }) => !isRead),
      ({ address }) => address
    )
    let most: ReadonlyArray<Reader> = []
    for (const some of byAddress.values()) if (some.length > most.length) most = some
    return most[0]
  }

  /** Whether there is room now. */
  const makeRoom = (bytes: number, bytesMax: number): boolean => {
    while (readers.size > readersMax || held + bytes > bytesMax * wholeBodiesMax) {
      const gone = unfinished()
      if (gone === undefined) return false
      turnAway(gone)
    }
    return true
  }

  return {
    use: (request, bounds, use) =>
      Effect.acquireUseRelease(
        Effect.sync((): Reader => {
          const address = Option.getOrElse(request.remoteAddress, () => "")
          const reader = { address, cut: Deferred.makeUnsafe<never, RefusalCode>(), bytes: 0, isRead: false }
          readers.add(reader)
          if (!makeRoom(0, bounds.bytesMax)) turnAway(reader)
          return reader
        }),
        (reader) => {
          const took = (bytes: number): void => {
            if (!makeRoom(bytes, bounds.bytesMax)) turnAway(reader)
            if (!readers.has(reader)) return
            reader.bytes += bytes
            held += bytes
          }
          const read = Effect.raceFirst(Deferred.await(reader.cut), readBody(request, bounds, took))
          return Effect.flatMap(read, (body) => {
            reader.isRead = true
            return use(body)
          })
        },
        (reader) => Effect.sync(() => leave(reader))
      )
  }
}
