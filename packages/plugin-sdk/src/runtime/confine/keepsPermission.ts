/**
 * Whether what an operator gives a Node besides leaves its permission model as narrow as it was made. A later option wins over an
 * earlier one, and some name files with options in them; so only what is known to change nothing is taken for harmless. Pure.
 */
import { optionsBefore } from "../launch/resolveProgram.ts"

const harmlessOptions: ReadonlySet<string> = new Set([
  ...[
    "-C",
    "-r",
    "-e",
    "--",
    "--conditions",
    "--require",
    "--import",
    "--eval",
    "--title",
    "--input-type",
    "--expose-gc"
  ],
  ...["--enable-source-maps", "--no-warnings", "--no-deprecation", "--disable-warning", "--unhandled-rejections"],
  ...["--max-old-space-size", "--max-semi-space-size", "--optimize-for-size", "--stack-trace-limit", "--jitless"],
  ...[
    "--frozen-intrinsics",
    "--trace-warnings",
    "--trace-uncaught",
    "--trace-deprecation",
    "--throw-deprecation",
    "--dns-result-order"
  ],
  ...["--experimental-strip-types", "--experimental-transform-types", "--preserve-symlinks", "--preserve-symlinks-main"]
])

// Of the variables by which Node, its libraries and the loader of programs are told things. Others are the program's own.
const meant = /^(NODE_|LD_|OPENSSL_|GCONV_PATH$|LOCPATH$)/
const harmlessVariables: ReadonlySet<string> = new Set([
  "NODE_ENV",
  "NODE_DEBUG",
  "NODE_NO_WARNINGS",
  "NODE_EXTRA_CA_CERTS"
])

// Node takes an underscore for a hyphen.
const nameOf = (option: string): string => (option.split("=")[0] ?? "").replaceAll("_", "-")

const isHarmless = (word: string): boolean => !word.startsWith("-") || harmlessOptions.has(nameOf(word))

// Quotes and backslashes have a meaning there that nobody needs.
const areHarmless = (nodeOptions: string): boolean =>
  !/["\\]/.test(nodeOptions) && nodeOptions.split(/\s+/).every(isHarmless)

/** `args` are what Node gets behind its own options, `env` what it gets of the manifest. */
export const keepsPermission = (args: ReadonlyArray<string>, env: Readonly<Record<string, string>>): boolean =>
  optionsBefore(args).every(isHarmless) &&
  Object.entries(env).every(([name, value]) =>
    name === "NODE_OPTIONS" ? areHarmless(value) : !meant.test(name) || harmlessVariables.has(name)
  )
