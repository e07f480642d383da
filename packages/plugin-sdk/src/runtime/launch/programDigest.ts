/**
 * The SHA-256 of the program that a plugin is. Of a command it is the file that the system would run, wherever symbolic links
 * lead. Where that file is an interpreter, it is the script: the first argument that does not begin with a hyphen. What the
 * program loads later is not in it, so a program worth pinning is one file.
 */
import { createHash } from "node:crypto"
import { accessSync, constants, createReadStream, realpathSync, statSync } from "node:fs"
import { basename, delimiter, isAbsolute, join } from "node:path"
import { pipeline } from "node:stream/promises"
import { Effect } from "effect"

const interpreter = /^(node|nodejs|bun|deno|python|perl|ruby|sh|bash|dash|ksh|zsh|java)[\d.]*(\.exe)?$/

// Node's own options that take the next argument as their value.
const optionsWithValue: ReadonlySet<string> = new Set(["-r", "--require", "--import", "-C", "--conditions", "--loader"])

const isProgram = (path: string): boolean => {
  try {
    accessSync(path, constants.X_OK)
    return statSync(path).isFile()
  } catch {
    return false
  }
}

const found = (command: string, path: string): string | null => {
  if (command.includes("/")) return isProgram(command) ? command : null
  for (const folder of path.split(delimiter)) {
    const candidate = join(folder, command)
    if (isAbsolute(folder) && isProgram(candidate)) return candidate
  }
  return null
}

const scriptOf = (args: ReadonlyArray<string>): string | null => {
  for (let at = 0; at < args.length; at++) {
    const arg = args[at] ?? ""
    if (optionsWithValue.has(arg)) at++
    else if (!arg.startsWith("-")) return arg
  }
  return null
}

/** The file that {@link fileDigest} is taken of; null where there is none. `path` is the PATH of the process to be. */
export const programFile = (command: string, args: ReadonlyArray<string>, path: string): string | null => {
  const file = found(command, path)
  if (file === null) return null
  try {
    const real = realpathSync(file)
    // By either name: python3 is a link to python3.11, and a distribution may call a link as it likes.
    if (!interpreter.test(basename(file)) && !interpreter.test(basename(real))) return real
    const script = scriptOf(args)
    return script === null || !isAbsolute(script) ? null : realpathSync(script)
  } catch {
    return null
  }
}

/** Lowercase hex; null where the file cannot be read. */
export const fileDigest = (file: string): Effect.Effect<string | null> =>
  Effect.promise(async (signal) => {
    const hash = createHash("sha256")
    try {
      await pipeline(createReadStream(file), hash, { signal })
      return hash.digest("hex")
    } catch {
      return null
    }
  })
