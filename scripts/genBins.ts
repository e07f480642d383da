/**
 * Writes the launcher of every program, the `bin` of each host's and plugin's package.json, from one template.
 * `checkGenerated.ts` fails when a committed one differs.
 */
import { chmodSync, globSync, mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"

/** Where launchers lie, from the repository's root. */
export const binGlob = "{hosts,plugins}/*/bin/*.js"

/** Every launcher as it must be, by its path. */
export const makeBins = (): ReadonlyMap<string, string> => {
  const template = readFileSync("scripts/bin.js.template", "utf8")
  const bins = globSync("{hosts,plugins}/*/package.json").flatMap((file) => {
    const { bin = {} }: { readonly bin?: Readonly<Record<string, string>> } = JSON.parse(readFileSync(file, "utf8"))
    return Object.entries(bin).map(([name, path]) => [join(dirname(file), path), name] as const)
  })
  return new Map(bins.map(([path, name]) => [path, template.replaceAll("NAME", name)]))
}

if (import.meta.main) {
  const bins = makeBins()
  for (const [path, text] of bins) {
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, text)
    chmodSync(path, 0o755)
  }
  console.log(`bin: ${bins.size} launchers`)
}
