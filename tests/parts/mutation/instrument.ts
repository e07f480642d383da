/** Puts every mutant of some sources into them at once, each behind a switch, by Stryker's instrumenter. */
import { readFileSync, writeFileSync } from "node:fs"
import { createRequire } from "node:module"
import { join } from "node:path"
import { pathToFileURL } from "node:url"
import { shouldIgnore } from "./ignoreTexts.ts"

interface Position {
  readonly line: number
  readonly column: number
}

export interface Mutant {
  readonly id: string
  /** From the repository's root. */
  readonly fileName: string
  readonly mutatorName: string
  readonly replacement: string
  /** Counted from 0. */
  readonly location: { readonly start: Position; readonly end: Position }
  readonly status?: "Ignored"
  readonly statusReason?: string
}

interface Instrumented {
  readonly files: ReadonlyArray<{ readonly name: string; readonly content: string }>
  readonly mutants: ReadonlyArray<Mutant>
}

interface InstrumenterModule {
  readonly Instrumenter: new (
    logger: object
  ) => {
    readonly instrument: (files: ReadonlyArray<object>, options: object) => Promise<Instrumented>
  }
}

const silent = { isDebugEnabled: () => false, debug: () => {}, info: () => {}, warn: console.warn }

/** Rewrites the named sources below `root`. `parts` is the folder in which the instrumenter is installed. */
export const instrument = async (
  parts: string,
  root: string,
  names: ReadonlyArray<string>
): Promise<ReadonlyArray<Mutant>> => {
  // Installed on demand, so its types are not there when this repository's are checked.
  const path = createRequire(join(parts, "package.json")).resolve("@stryker-mutator/instrumenter")
  const { Instrumenter }: InstrumenterModule = await import(pathToFileURL(path).href)
  const files = names.map((name) => ({ name, mutate: true, content: readFileSync(join(root, name), "utf8") }))
  const options = { plugins: null, excludedMutations: [], ignorers: [{ shouldIgnore }] }
  const { files: written, mutants } = await new Instrumenter(silent).instrument(files, options)
  for (const { content, name } of written) writeFileSync(join(root, name), content)
  return mutants
}
