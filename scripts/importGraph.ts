/** Reads the imports out of TypeScript sources with a real parser and finds the file each one lands on. */
import { dirname, join, normalize } from "node:path/posix"
import { parseAst } from "rolldown/parseAst"

/** One import as written: static, re-export, dynamic or in a type. */
export interface Import {
  readonly specifier: string
  readonly line: number
}

const lineOf = (text: string, offset: number) => text.slice(0, offset).split("\n").length

const literal = (node: unknown): string | null =>
  typeof node === "object" &&
  node !== null &&
  "type" in node &&
  node.type === "Literal" &&
  "value" in node &&
  typeof node.value === "string"
    ? node.value
    : null

const importNodes = new Set([
  "ImportDeclaration",
  "ExportAllDeclaration",
  "ExportNamedDeclaration",
  "ImportExpression",
  "TSImportType",
  "TSExternalModuleReference"
])

/** Every import of a source text. An `import()` whose argument is not a string cannot be checked and is returned as `?`. */
export const importsOf = (text: string): ReadonlyArray<Import> => {
  const found: Array<Import> = []
  const visit = (node: unknown): void => {
    if (Array.isArray(node)) {
      for (const child of node) visit(child)
      return
    }
    if (typeof node !== "object" || node === null) return
    const record = node as Record<string, unknown>
    const type = record.type
    if (typeof type === "string" && importNodes.has(type)) {
      const source = record.source ?? record.expression ?? null
      if (source !== null) {
        found.push({
          specifier: literal(source) ?? "?",
          line: lineOf(text, Number(record.start))
        })
      }
    }
    for (const key of Object.keys(record)) if (key !== "type") visit(record[key])
  }
  visit(parseAst(text, { lang: "ts" }).body)
  return found
}

/** The part of package.json that decides where an import may go. */
export interface Manifest {
  readonly name: string
  /** Folder from the repository's root. */
  readonly folder: string
  readonly exports: Readonly<Record<string, unknown>>
  readonly dependencies: ReadonlySet<string>
  readonly devDependencies: ReadonlySet<string>
}

/** `@scope/name/sub/path` → `["@scope/name", "sub/path"]`. */
export const splitSpecifier = (specifier: string): readonly [name: string, subpath: string] => {
  const parts = specifier.split("/")
  const size = specifier.startsWith("@") ? 2 : 1
  return [parts.slice(0, size).join("/"), parts.slice(size).join("/")]
}

/** The source file behind `@farmops/x/sub`, or null when the package does not export it. The longest pattern wins, as in Node. */
export const exportedFile = (manifest: Manifest, subpath: string): string | null => {
  const wanted = subpath === "" ? "." : `./${subpath}`
  const matches = Object.keys(manifest.exports)
    .map((pattern) => ({ pattern, star: pattern.indexOf("*") }))
    .filter(({ pattern, star }) => (star < 0 ? pattern === wanted : wanted.startsWith(pattern.slice(0, star))))
    .sort((a, b) => (a.star < 0 ? -1 : b.star < 0 ? 1 : b.star - a.star))
  const best = matches[0]
  if (best === undefined) return null
  const target = manifest.exports[best.pattern]
  const file =
    typeof target === "string"
      ? target
      : typeof target === "object" && target !== null && "@farmops/source" in target
        ? target["@farmops/source"]
        : null
  if (typeof file !== "string") return null
  const filled = best.star < 0 ? file : file.replace("*", wanted.slice(best.star))
  return join(manifest.folder, filled)
}

/** A relative import's file, from the repository's root. */
export const relativeFile = (from: string, specifier: string): string => normalize(join(dirname(from), specifier))
