/**
 * A code block after `<!-- from examples/x/main.ts -->` equals that file; after `<!-- from examples/x/main.ts#name -->` it equals
 * the lines between `// #region name` and `// #endregion`. So a reader can trust that what a README shows has run.
 * `--write` copies the files' text into the READMEs.
 */
import { existsSync, globSync, readFileSync, writeFileSync } from "node:fs"

const isMark = (line: string) => /^\s*\/\/ #(end)?region\b/.test(line)

/** The named region of a source, without its indentation; the whole source when no region is asked for. Never the marks. */
export const regionOf = (source: string, region: string | null): string | null => {
  const lines = source.split("\n")
  if (region === null) {
    return lines
      .filter((line) => !isMark(line))
      .join("\n")
      .trimEnd()
  }
  const start = lines.findIndex((line) => line.trim() === `// #region ${region}`)
  const end = lines.findIndex((line, at) => at > start && line.trim().startsWith("// #endregion"))
  if (start < 0 || end < 0) return null
  const body = lines.slice(start + 1, end).filter((line) => !isMark(line))
  const indent = Math.min(...body.filter((line) => line.trim() !== "").map((line) => line.search(/\S/)))
  return body
    .map((line) => line.slice(indent))
    .join("\n")
    .trimEnd()
}

export interface Snippets {
  readonly faults: ReadonlyArray<string>
  readonly text: string
  readonly count: number
}

/** Compares each marked block of a document with its source, and gives the document as it should read. */
export const compareSnippets = (document: string, read: (file: string) => string | null): Snippets => {
  const faults: Array<string> = []
  let count = 0
  const text = document.replace(
    /<!-- from ([^\s#]+)(?:#([\w-]+))? -->\n+```(\w*)\n([\s\S]*?)\n```/g,
    (whole, file: string, region: string | undefined, language: string, shown: string) => {
      count++
      const source = read(file)
      const wanted = source === null ? null : regionOf(source, region ?? null)
      const name = region === undefined ? file : `${file}#${region}`
      if (wanted === null) faults.push(`${name} does not exist`)
      else if (wanted !== shown)
        faults.push(`the block from ${name} differs; node scripts/checkReadmes.ts --write copies it`)
      else return whole
      return wanted === null ? whole : `<!-- from ${name} -->\n\`\`\`${language}\n${wanted}\n\`\`\``
    }
  )
  const marks = document.match(/^<!-- from /gm)?.length ?? 0
  if (marks !== count) faults.push(`${marks - count} marks are not followed by a code block`)
  return { faults, text, count }
}

if (import.meta.main) {
  const write = process.argv.includes("--write")
  let count = 0
  let faults = 0
  for (const file of globSync("**/*.md", { exclude: (path) => /(^|\/)(node_modules|dist|\.git)$/.test(path) })) {
    const document = readFileSync(file, "utf8")
    const snippets = compareSnippets(document, (path) => (existsSync(path) ? readFileSync(path, "utf8") : null))
    count += snippets.count
    if (write) writeFileSync(file, snippets.text)
    else for (const fault of snippets.faults) console.error(`${file}: ${fault}`)
    faults += write ? 0 : snippets.faults.length
  }
  console.log(`snippets: ${count} blocks compared, ${faults} faults`)
  process.exitCode = faults === 0 ? 0 : 1
}
