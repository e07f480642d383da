/** Replaces `${NAME}` in the values of a parsed file. It works on values, never on text: no variable can add a key or a line. */
import { isMap, isPair, isScalar, isSeq, type Scalar } from "yaml"
import type { ConfigInvalid } from "./ConfigInvalid.ts"
import { faultAt, showPath, type YamlSource } from "./YamlSource.ts"

/** The variables that a file may use: what the host's `main.ts` passes on of its environment. */
export type Environment = Readonly<Record<string, string | undefined>>

// `$${NAME}` stands for the text `${NAME}`.
const reference = /\$?\$\{([A-Za-z_][A-Za-z0-9_]*)\}/g
const wholeReference = /^\$\{[A-Za-z_][A-Za-z0-9_]*\}$/

/** An unquoted `${PORT}` may stand for a number or a flag, as an unquoted value in the file would. */
const typed = (text: string): string | number | boolean => {
  if (text === "true" || text === "false") return text === "true"
  return /^-?(0|[1-9]\d{0,14})$/.test(text) ? Number(text) : text
}

/** Changes the file's values in place and gives the first reference that has no value, or null. */
export const substituteEnvironment = (source: YamlSource, environment: Environment): ConfigInvalid | null => {
  let missing: ConfigInvalid | null = null

  const replace = (scalar: Scalar, path: ReadonlyArray<PropertyKey>) => {
    const before = scalar.value
    if (typeof before !== "string") return
    const after = before.replace(reference, (found, name: string) => {
      if (found.startsWith("$$")) return found.slice(1)
      const value = environment[name]
      if (value !== undefined) return value
      missing ??= faultAt(source, scalar.range?.[0] ?? 0, showPath(path), `the environment variable ${name} is not set`)
      return ""
    })
    scalar.value = scalar.type === "PLAIN" && wholeReference.test(before) ? typed(after) : after
  }

  const walk = (node: unknown, path: ReadonlyArray<PropertyKey>): void => {
    if (isMap(node)) {
      for (const pair of node.items) {
        if (isPair(pair)) walk(pair.value, [...path, isScalar(pair.key) ? String(pair.key.value) : "?"])
      }
    } else if (isSeq(node)) {
      for (const [at, item] of node.items.entries()) walk(item, [...path, at])
    } else if (isScalar(node)) {
      replace(node, path)
    }
  }
  walk(source.document.contents, [])
  return missing
}
