/** The token that tools sign in with: in a file that nobody but its owner can read. */
import { randomBytes } from "node:crypto"
import { constants } from "node:fs"
import { type FileHandle, mkdir, open } from "node:fs/promises"
import { dirname, isAbsolute } from "node:path"
import { Effect, Redacted } from "effect"
import { SourceFailed } from "../../contract/Source.ts"

// As many bytes as nobody guesses; a token of a person's own may be shorter, but not by much.
const tokenBytes = 32
const tokenLengthMin = 16
const tokenLengthMax = 1024

const openOrMake = async (path: string): Promise<FileHandle> => {
  try {
    return await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  } catch (cause) {
    if (!(cause instanceof Error && "code" in cause && cause.code === "ENOENT")) throw cause
    // Often that of the socket, which is made later, and as private.
    await mkdir(dirname(path), { recursive: true, mode: 0o700 })
    const made = await open(path, constants.O_RDWR | constants.O_CREAT | constants.O_EXCL, 0o600)
    await made.write(`${randomBytes(tokenBytes).toString("hex")}\n`)
    await made.sync()
    return made
  }
}

/** The token, or why the file is not good. Both are of the opened file, so that no other one can be put in its place. */
const read = async (path: string): Promise<string | { readonly fault: string }> => {
  const file = await openOrMake(path)
  try {
    const { mode, size, uid } = await file.stat()
    if ((mode & 0o077) !== 0) return { fault: "others may read its token_file; give it the mode 0600" }
    if (uid !== process.getuid?.()) return { fault: "its token_file belongs to somebody else" }
    if (size > tokenLengthMax) return { fault: "its token_file is too long" }
    const bytes = Buffer.alloc(Number(size))
    await file.read(bytes, 0, bytes.length, 0)
    const token = bytes.toString("utf8").trim()
    return token.length >= tokenLengthMin ? token : { fault: `its token has less than ${tokenLengthMin} characters` }
  } finally {
    await file.close()
  }
}

/** Reads the token, or makes one. */
export const readPushToken = (source: string, path: string): Effect.Effect<Redacted.Redacted<string>, SourceFailed> => {
  const failed = (reason: string) => new SourceFailed({ source, reason })
  if (!isAbsolute(path)) return Effect.fail(failed("its token_file must be an absolute path"))
  return Effect.tryPromise({
    try: () => read(path),
    catch: () => failed("its token_file cannot be read or made")
  }).pipe(
    Effect.flatMap((found) =>
      typeof found === "string"
        ? Effect.succeed(Redacted.make(found, { label: "token" }))
        : Effect.fail(failed(found.fault))
    )
  )
}
