/**
 * Every relative link of a Markdown file leads to a file of the repository, and a link to a test quotes a title that is in
 * that test: so what a document says is shown by a test is not a memory of one.
 */
import { existsSync, globSync, readFileSync } from "node:fs"
import { dirname, join, normalize } from "node:path"

/** The faults of one document's links. `read` gives a file's text, "" for a folder, and null where there is nothing. */
export const checkLinks = (
  file: string,
  document: string,
  read: (path: string) => string | null
): { readonly count: number; readonly faults: ReadonlyArray<string> } => {
  const faults: Array<string> = []
  let count = 0
  const prose = document.replace(/^```[\s\S]*?^```/gm, "").replace(/`[^`\n]*`/g, (code) => code.replaceAll("](", "] ("))
  for (const [, text = "", target = ""] of prose.matchAll(/\[([^\]]*)\]\(([^)\s]+)\)/g)) {
    if (/^[a-z]+:|^#/.test(target)) continue
    count++
    const path = normalize(join(dirname(file), target.replace(/#.*$/, "")))
    const found = read(path)
    if (found === null) faults.push(`${target} leads nowhere`)
    else if (path.endsWith(".test.ts") && !found.includes(text.replaceAll("\\", ""))) {
      faults.push(`${path} has no test "${text}"`)
    }
  }
  return { count, faults }
}

const readHere = (path: string): string | null => {
  if (!existsSync(path)) return null
  try {
    return readFileSync(path, "utf8")
  } catch {
    return ""
  }
}

if (import.meta.main) {
  let count = 0
  let faults = 0
  for (const file of globSync("**/*.md", { exclude: (path) => /(^|\/)(node_modules|dist|\.git)$/.test(path) })) {
    const checked = checkLinks(file, readFileSync(file, "utf8"), readHere)
    count += checked.count
    faults += checked.faults.length
    for (const fault of checked.faults) console.error(`${file}: ${fault}`)
  }
  console.log(`links: ${count} followed, ${faults} faults`)
  process.exitCode = faults === 0 ? 0 : 1
}
