/** `farmops plugin new`: a plugin's project whose tests pass at once, from the templates of `@farmops/plugin-sdk`. */
import { existsSync, lstatSync, readdirSync } from "node:fs"
import { mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from "node:fs/promises"
import { basename, dirname, join, relative, resolve } from "node:path"
import { fileURLToPath } from "node:url"
import { exitCodes } from "@farmops/core/host/exitCodes"
import * as Effect from "effect/Effect"
import { CommandFailed } from "./CommandFailed.ts"
import { Printer } from "./Printer.ts"

/** The languages that there is a template for, and what to type in the new project. */
export const pluginLanguages = {
  ts: { folder: "typescript", test: "npm install && npm test" },
  python: { folder: "python", test: "python3 -m unittest" },
  go: { folder: "go", test: "go mod tidy && go test ./..." }
} as const

/** One of them, by its flag. */
export type PluginLanguage = keyof typeof pluginLanguages

/** What every template calls itself. */
const templateScope = "example"
const templateName = "my-plugin"

// What the contract takes of an id's halves, at a length that is still a good name for a folder.
const namePattern = /^(?:([a-z0-9][a-z0-9-]{0,38})\/)?([a-z0-9][a-z0-9-]{0,62})$/

// A bundled command carries the templates beside it; elsewhere they lie in the package.
const templatesFolder = (): string => {
  const beside = fileURLToPath(new URL("./templates", import.meta.url))
  return existsSync(beside)
    ? beside
    : fileURLToPath(new URL("templates", import.meta.resolve("@farmops/plugin-sdk/package.json")))
}

// Not there, or an empty folder. What cannot be looked into is somebody's.
const isFree = (folder: string): boolean => {
  try {
    const found = lstatSync(folder, { throwIfNoEntry: false })
    return found === undefined || (found.isDirectory() && readdirSync(folder).length === 0)
  } catch {
    return false
  }
}

const copyTemplate = async (from: string, to: string, scope: string, name: string): Promise<Array<string>> => {
  const files = await readdir(from, { recursive: true, withFileTypes: true })
  const written: Array<string> = []
  for (const file of files) {
    if (!file.isFile()) continue
    const path = relative(from, join(file.parentPath, file.name))
    const text = await readFile(join(from, path), "utf8")
    // npm leaves a .gitignore out of what it publishes.
    const target = path === "gitignore" ? ".gitignore" : path
    await mkdir(dirname(join(to, target)), { recursive: true })
    await writeFile(
      join(to, target),
      text.replaceAll(`${templateScope}/${templateName}`, `${scope}/${name}`).replaceAll(templateName, name)
    )
    written.push(target)
  }
  return written.sort()
}

/** The whole project appears under its name, or nothing does. */
const makeProject = async (folder: string, from: string, scope: string, name: string) => {
  await mkdir(dirname(folder), { recursive: true })
  const draft = await mkdtemp(join(dirname(folder), `.${name}-`))
  try {
    const files = await copyTemplate(from, join(draft, name), scope, name)
    // An empty folder of that name gives way.
    await rename(join(draft, name), folder)
    return files
  } finally {
    await rm(draft, { recursive: true, force: true })
  }
}

/** Runs `plugin new`: `id` is NAME or SCOPE/NAME, and the folder is NAME under `cwd`. */
export const newPlugin = Effect.fn("newPlugin")(function* (options: {
  readonly id: string
  readonly language: PluginLanguage
  readonly cwd: string
}) {
  const printer = yield* Printer
  const [, scope = templateScope, name] = namePattern.exec(options.id) ?? []
  if (name === undefined) {
    return yield* new CommandFailed({
      code: "bad_name",
      detail: `${JSON.stringify(options.id)} is no name for a plugin.`,
      cure: "Take lowercase letters, digits and hyphens: my-plugin, or acme/my-plugin.",
      exitCode: exitCodes.usage
    })
  }
  const folder = resolve(options.cwd, name)
  if (!isFree(folder)) {
    return yield* new CommandFailed({
      code: "exists",
      detail: `${name} exists already and is no empty folder; nothing was written.`,
      cure: "Choose another name, or another folder.",
      exitCode: exitCodes.dataInvalid
    })
  }
  const language = pluginLanguages[options.language]
  const files = yield* Effect.tryPromise({
    try: () => makeProject(folder, join(templatesFolder(), language.folder), scope, name),
    catch: (error) =>
      new CommandFailed({
        code: "unwritable",
        detail: `${name} cannot be written: ${error instanceof Error && "code" in error ? error.code : "unknown"}.`,
        cure: null,
        exitCode: exitCodes.io
      })
  })
  const id = `${scope}/${name}`
  if (printer.json) return yield* printer.data({ id, folder, language: options.language, files })
  yield* printer.line(`${id}: ${files.length} files in ${basename(folder)}/`)
  yield* printer.note(`now: cd ${name} && ${language.test}`)
})
