/**
 * Which files a program is made of, where nobody says so: the program, the script it is given, and the packages that the
 * script's package depends on. No more than a folder of code: never a home folder, and never what lies beside the code.
 */
import { existsSync, readdirSync, readFileSync, realpathSync, statSync } from "node:fs"
import { homedir } from "node:os"
import { dirname, isAbsolute, join } from "node:path"
import { programFile } from "../launch/resolveProgram.ts"

const ancestors = (folder: string): ReadonlyArray<string> => {
  const parent = dirname(folder)
  return parent === folder ? [folder] : [folder, ...ancestors(parent)]
}

const isFile = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isFile() === true

const nameOfDependencies = (packageFolder: string): ReadonlyArray<string> => {
  const {
    dependencies = {},
    optionalDependencies = {},
    peerDependencies = {}
  } = JSON.parse(readFileSync(join(packageFolder, "package.json"), "utf8")) as Record<string, Record<string, string>>
  return Object.keys({ ...dependencies, ...optionalDependencies, ...peerDependencies })
}

// A package of a workspace is a link in node_modules: its folder lies elsewhere, and so may what it depends on.
const linkedPackages = (packageFolder: string, modules: ReadonlyArray<string>, seen: Set<string>): void => {
  if (seen.has(packageFolder)) return
  seen.add(packageFolder)
  for (const name of nameOfDependencies(packageFolder)) {
    const found = modules.map((folder) => join(folder, name)).find((path) => existsSync(path))
    if (found === undefined) continue
    const real = realpathSync(found)
    if (!real.includes("/node_modules/")) linkedPackages(real, modules, seen)
  }
}

const codeFolders = new Set(["src", "dist", "lib", "build", "out", "gen", "bin"])
const codeFile = /\.([cm]?[jt]s|json|wasm|py|node|so)$/

// Not the whole folder: an agent's data, or somebody's settings, may lie beside the code.
const codeOf = (folder: string): ReadonlyArray<string> =>
  readdirSync(folder, { withFileTypes: true })
    .filter((entry) => (entry.isDirectory() ? codeFolders.has(entry.name) : codeFile.test(entry.name)))
    .map((entry) => join(folder, entry.name))

const filesOfScript = (script: string): ReadonlyArray<string> => {
  const folder = dirname(script)
  const folders = ancestors(folder)
  const packageFolder = folders.find((path) => isFile(join(path, "package.json")))
  if (packageFolder === undefined) {
    return folder === "/" || folder === homedir() ? [script] : [script, ...codeOf(folder)]
  }
  const modules = folders.map((path) => join(path, "node_modules")).filter((path) => existsSync(path))
  const linked = new Set<string>()
  linkedPackages(packageFolder, modules, linked)
  return [script, ...modules, ...[...linked].flatMap(codeOf)]
}

// An interpreter outside of /usr has its library beside it.
const filesOfProgram = (program: string): ReadonlyArray<string> => {
  const real = realpathSync(program)
  const library = join(dirname(dirname(real)), "lib")
  return [program, real, ...(dirname(real).endsWith("/bin") && existsSync(library) ? [library] : [])]
}

/**
 * Absolute paths that exist. With `readable` given, those and the program and script themselves; else what the script needs.
 * A file that is named in an argument is not among them: it may be anything.
 */
export const programFiles = (
  program: string,
  args: ReadonlyArray<string>,
  readable?: ReadonlyArray<string>
): ReadonlyArray<string> => {
  const script = programFile(program, args, "")
  const scripts =
    script === null
      ? []
      : [script, ...args.filter((arg) => isAbsolute(arg) && isFile(arg) && realpathSync(arg) === script)]
  const needed = script === null || script === realpathSync(program) ? [] : filesOfScript(script)
  const more = readable === undefined ? needed : readable.filter((path) => existsSync(path))
  return [...new Set([...filesOfProgram(program), ...scripts, ...more])]
}
