/**
 * The file that holds one secret key: `{"agent_id"?, "format", "public_key", "seed"}`. It is written once, whole, with
 * mode 0600, and read only while nobody else may read it.
 */
import { Effect, FileSystem, Option, type PlatformError, Redacted, Schema } from "effect"
import { Ed25519 } from "./Ed25519.ts"
import { decodeHex, encodeHex } from "./hex.ts"
import { folderOf, removeLeftovers } from "./internal/removeLeftovers.ts"
import { hex32Pattern, uuidPattern } from "./proofForm.ts"
import { uuidV7 } from "./UuidV7.ts"

/** The key file cannot be used as it is. `message` says what to do; no byte of the file is ever repeated. */
export class KeyFileUnreadable extends Schema.TaggedError<KeyFileUnreadable>()("KeyFileUnreadable", {
  path: Schema.String,
  reason: Schema.Literals(["permissions", "contents", "unavailable"]),
  message: Schema.String
}) {}

/** What every key file holds. */
export interface KeyFileContents {
  readonly seed: Redacted.Redacted<Uint8Array>
}

/** What the key file of an agent holds: its name too, so that the two cannot be parted. */
export interface AgentKeyFileContents extends KeyFileContents {
  readonly agentId: string
}

/** A key file is under 300 bytes; anything longer is something else. */
const fileBytesMax = 4096

const KeyFileJson = Schema.fromJsonString(
  Schema.Struct({
    format: Schema.Literal("farmops/key/1"),
    agent_id: Schema.optionalKey(Schema.String.check(Schema.isPattern(uuidPattern))),
    public_key: Schema.String.check(Schema.isPattern(hex32Pattern)),
    seed: Schema.String.check(Schema.isPattern(hex32Pattern))
  })
)
const decodeJson = Schema.decodeUnknownOption(KeyFileJson)

const garbage = (path: string) =>
  new KeyFileUnreadable({
    path,
    reason: "contents",
    message: `${path} is not a FarmOps key file, or it is damaged; restore it from a backup, or move it away to start with a new key`
  })

const unavailable = (path: string, what: string) => (error: PlatformError.PlatformError) =>
  new KeyFileUnreadable({
    path,
    reason: "unavailable",
    message: `cannot ${what} ${path} (${error.reason._tag})`
  })

const isReason = (tag: string) => (error: PlatformError.PlatformError) => error.reason._tag === tag

const decodeContents = Effect.fnUntraced(function* (path: string, bytes: Uint8Array) {
  const ed25519 = yield* Ed25519
  const json = decodeJson(new TextDecoder().decode(bytes))
  const seedBytes = Option.isSome(json) ? decodeHex(json.value.seed) : null
  if (Option.isNone(json) || seedBytes === null) return yield* garbage(path)
  const seed = Redacted.make(seedBytes, { label: "seed" })
  // A flipped bit in the seed would otherwise silently become another key.
  if (encodeHex(ed25519.publicKey(seed)) !== json.value.public_key) return yield* garbage(path)
  return { seed, agentId: json.value.agent_id ?? null }
})

/** Reads through one open file, so that what was checked is what is read. `null` when there is no file. */
const readKeyFile = Effect.fnUntraced(function* (path: string) {
  const fs = yield* FileSystem.FileSystem
  const bytes = yield* Effect.scoped(
    Effect.gen(function* () {
      // To open a pipe would wait for whoever writes into it, for ever.
      if ((yield* fs.stat(path)).type !== "File") return yield* garbage(path)
      const file = yield* fs.open(path, { flag: "r" })
      const info = yield* file.stat
      if (info.type !== "File") return yield* garbage(path)
      if ((info.mode & 0o077) !== 0) {
        return yield* new KeyFileUnreadable({
          path,
          reason: "permissions",
          message: `${path} may be read by others (mode ${(info.mode & 0o777).toString(8)}); run: chmod 600 ${path}`
        })
      }
      return Option.getOrElse(yield* file.readAlloc(fileBytesMax), () => new Uint8Array())
    })
  ).pipe(
    Effect.catchIf(
      (error) => error._tag === "PlatformError" && isReason("NotFound")(error),
      () => Effect.succeed(null)
    ),
    Effect.catchTag("PlatformError", (error) => Effect.fail(unavailable(path, "read")(error)))
  )
  return bytes === null ? null : yield* decodeContents(path, bytes)
})

/** Not every system can sync a directory: there the file system's own order has to do. */
const syncDirectoryOf = Effect.fnUntraced(function* (path: string) {
  const fs = yield* FileSystem.FileSystem
  yield* Effect.ignore(Effect.scoped(Effect.flatMap(fs.open(folderOf(path), { flag: "r" }), (opened) => opened.sync)))
})

/** Writes and syncs a private temporary file, then links it into place: `link` fails where a key exists already. */
const createKeyFile = Effect.fnUntraced(function* (path: string, agentId: string | null) {
  const fs = yield* FileSystem.FileSystem
  const ed25519 = yield* Ed25519
  const seed = yield* ed25519.generateSeed
  const json = {
    ...(agentId === null ? {} : { agent_id: agentId }),
    format: "farmops/key/1",
    public_key: encodeHex(ed25519.publicKey(seed)),
    seed: encodeHex(Redacted.value(seed))
  }
  const temporary = `${path}.${yield* uuidV7}.new`
  const write = Effect.scoped(
    Effect.gen(function* () {
      const file = yield* fs.open(temporary, { flag: "wx", mode: 0o600 })
      yield* file.writeAll(new TextEncoder().encode(`${JSON.stringify(json)}\n`))
      yield* file.sync
    })
  )
  const place = fs.link(temporary, path).pipe(
    // Another start was first: its key is the key, and it may have cleared ours away already.
    Effect.catchIf(isReason("AlreadyExists"), () => Effect.void),
    Effect.catchIf(isReason("NotFound"), () => Effect.void)
  )
  yield* Effect.andThen(write, place).pipe(
    Effect.ensuring(Effect.ignore(fs.remove(temporary, { force: true }))),
    Effect.mapError(unavailable(path, "create"))
  )
  // The name must survive a power cut too, before anybody enrols the key.
  yield* syncDirectoryOf(path)
})

// A key that is being made is in danger only while another program starts in the same folder.
const triesMax = 3

const readOrCreate = Effect.fnUntraced(function* (path: string, agentId: Effect.Effect<string | null>) {
  for (let tries = 0; tries <= triesMax; tries++) {
    const contents = yield* readKeyFile(path)
    if (contents !== null) {
      yield* removeLeftovers(path)
      return contents
    }
    if (tries < triesMax) yield* createKeyFile(path, yield* agentId)
  }
  return yield* garbage(path)
})

/** Reads a key file, making it first where there is none. */
export const loadKeyFile = Effect.fn("loadKeyFile")(function* (
  path: string
): Effect.fn.Return<KeyFileContents, KeyFileUnreadable, Ed25519 | FileSystem.FileSystem> {
  const { seed } = yield* readOrCreate(path, Effect.succeed(null))
  return { seed }
})

/** Reads a key file; null where there is none. */
export const peekKeyFile = Effect.fn("peekKeyFile")(function* (
  path: string
): Effect.fn.Return<KeyFileContents | null, KeyFileUnreadable, Ed25519 | FileSystem.FileSystem> {
  const contents = yield* readKeyFile(path)
  return contents === null ? null : { seed: contents.seed }
})

/** Reads the key file of an agent, making it first, with a new `agent_id`, where there is none. */
export const loadAgentKeyFile = Effect.fn("loadAgentKeyFile")(function* (
  path: string
): Effect.fn.Return<AgentKeyFileContents, KeyFileUnreadable, Ed25519 | FileSystem.FileSystem> {
  const { agentId, seed } = yield* readOrCreate(path, uuidV7)
  if (agentId === null) return yield* garbage(path)
  return { seed, agentId }
})

const nextOf = (path: string): string => `${path}.next`

/**
 * The key that is to follow the one at `path`, beside it in `….next`: a fresh one where `make` says so, whatever lay there,
 * else what lies there or null. `agentId` is null for a key that is no agent's.
 */
export const loadNextKeyFile = Effect.fn("loadNextKeyFile")(function* (
  path: string,
  agentId: string | null,
  options: { readonly make: boolean }
): Effect.fn.Return<KeyFileContents | null, KeyFileUnreadable, Ed25519 | FileSystem.FileSystem> {
  const next = nextOf(path)
  const fs = yield* FileSystem.FileSystem
  // Nobody may choose the next key by leaving one here.
  if (options.make) yield* Effect.mapError(fs.remove(next, { force: true }), unavailable(next, "replace"))
  const contents = yield* options.make ? readOrCreate(next, Effect.succeed(agentId)) : readKeyFile(next)
  if (contents === null) return null
  // A file that was put there by hand: its key would sign in the name of another agent.
  if (contents.agentId !== agentId) return yield* garbage(next)
  return { seed: contents.seed }
})

/** Puts the next key in the place of the one at `path`, which is gone then. One rename: a crash leaves the one or the other. */
export const adoptNextKeyFile = Effect.fn("adoptNextKeyFile")(function* (
  path: string
): Effect.fn.Return<void, KeyFileUnreadable, FileSystem.FileSystem> {
  const fs = yield* FileSystem.FileSystem
  yield* Effect.mapError(fs.rename(nextOf(path), path), unavailable(nextOf(path), "rename"))
  yield* syncDirectoryOf(path)
})
