/**
 * Which file a command runs, found out once: what is hashed is then what is started. Of an interpreter it is the script, and the
 * arguments leave no other reading: `--` before the script ends the options, or is the value of one that wants a value.
 */
import { accessSync, constants, realpathSync, statSync } from "node:fs"
import { basename, delimiter, isAbsolute, join, resolve } from "node:path"

/** A program as it is to be started. */
export interface ResolvedProgram {
  /** An absolute path, not through links: an interpreter may go by the name that it is called by. */
  readonly command: string
  readonly args: ReadonlyArray<string>
  /** The program itself or its script, wherever links lead; null where an interpreter has no script that can be told. */
  readonly file: string | null
}

const interpreter = /^(node|nodejs|bun|deno|python|perl|ruby|sh|bash|dash|ksh|zsh|java)[\d.]*(\.exe)?$/
// Knows no `--`.
const java = /^java[\d.]*(\.exe)?$/

// Node's options that take the next argument as their value, where they are likely before a script.
const optionsWithValue: ReadonlySet<string> = new Set([
  ...["-r", "--require", "--import", "-C", "--conditions", "--loader", "--experimental-loader", "--env-file"],
  ...["--env-file-if-exists", "--title", "--disable-warning", "--openssl-config", "--icu-data-dir", "--input-type"],
  ...["--unhandled-rejections", "--dns-result-order", "--tls-cipher-list", "--max-http-header-size", "--diagnostic-dir"]
])

const isProgram = (path: string): boolean => {
  try {
    accessSync(path, constants.X_OK)
    return statSync(path).isFile()
  } catch {
    return false
  }
}

/** The file that a command names, by an absolute path; null where there is none. */
export const programPath = (command: string, path: string): string | null => {
  const candidates = command.includes("/")
    ? [resolve(command)]
    : path.split(delimiter).flatMap((folder) => (isAbsolute(folder) ? [join(folder, command)] : []))
  return candidates.find(isProgram) ?? null
}

const scriptAt = (args: ReadonlyArray<string>): number => {
  for (let at = 0; at < args.length; at++) {
    const arg = args[at] ?? ""
    if (arg === "--") return at + 1 < args.length ? at + 1 : -1
    if (optionsWithValue.has(arg)) at++
    else if (!arg.startsWith("-")) return at
  }
  return -1
}

/** The options that come before a script; all arguments where there is none. */
export const optionsBefore = (args: ReadonlyArray<string>): ReadonlyArray<string> => {
  const at = scriptAt(args)
  return at < 0 ? args : args.slice(0, at)
}

const scriptOf = (args: ReadonlyArray<string>, isJava: boolean): ResolvedProgram["file"] => {
  const at = scriptAt(args)
  const script = args[at]
  if (script === undefined || !isAbsolute(script)) return null
  if (isJava && at > 0 && args[at - 1] !== "-jar") return null
  try {
    return realpathSync(script)
  } catch {
    return null
  }
}

const withEndOfOptions = (args: ReadonlyArray<string>): ReadonlyArray<string> => {
  const at = scriptAt(args)
  return at <= 0 || args[at - 1] === "--" ? args : [...args.slice(0, at), "--", ...args.slice(at)]
}

/** `path` is the PATH of the process to be. Null where the command names no program. */
export const resolveProgram = (command: string, args: ReadonlyArray<string>, path: string): ResolvedProgram | null => {
  const found = programPath(command, path)
  if (found === null) return null
  const real = realpathSync(found)
  // By either name: python3 is a link to python3.11, and a distribution may call a link as it likes.
  const names = [basename(found), basename(real)]
  if (!names.some((name) => interpreter.test(name))) return { command: found, args, file: real }
  const isJava = names.some((name) => java.test(name))
  const file = scriptOf(args, isJava)
  return { command: found, args: isJava || file === null ? args : withEndOfOptions(args), file }
}

/** The file that a digest is taken of; null where there is none. */
export const programFile = (command: string, args: ReadonlyArray<string>, path: string): string | null =>
  resolveProgram(command, args, path)?.file ?? null
