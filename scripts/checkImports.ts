/**
 * Fails on an import that the list in importEdges.ts does not allow, on a cycle between modules (type-only imports count:
 * two modules that need each other's types cannot be read apart either), and on a dependency that package.json does not name.
 */
import { globSync, readFileSync } from "node:fs"
import { isBuiltin } from "node:module"
import { dirname } from "node:path/posix"
import { rooms as allRooms, anythingPublic, type Room } from "./importEdges.ts"
import { exportedFile, importsOf, type Manifest, relativeFile, splitSpecifier } from "./importGraph.ts"

/** The sources to judge, by path from the root, so that a test can hand in a small house. */
export interface House {
  readonly files: ReadonlyMap<string, string>
  readonly manifests: ReadonlyArray<Manifest>
  readonly rooms: ReadonlyArray<Room>
}

const within = (path: string, prefix: string) => path === prefix || path.startsWith(`${prefix}/`)

const matches = (name: string, pattern: string) =>
  pattern.endsWith("*") ? name.startsWith(pattern.slice(0, -1)) : name === pattern

const roomOf = (rooms: ReadonlyArray<Room>, path: string): Room | null => {
  let best: { room: Room; length: number } | null = null
  for (const room of rooms)
    for (const prefix of room.paths)
      if (within(path, prefix) && prefix.length > (best?.length ?? -1)) best = { room, length: prefix.length }
  return best?.room ?? null
}

const packageOf = (manifests: ReadonlyArray<Manifest>, path: string): Manifest | null =>
  manifests
    .filter(({ folder }) => folder === "" || within(path, folder))
    .sort((a, b) => b.folder.length - a.folder.length)[0] ?? null

const isTest = (path: string) => /\.test\.ts$/.test(path) || /(^|\/)tests?\//.test(path)

/** Rooms of one package: its own tests may use whatever one of them may. */
const testRoom = (rooms: ReadonlyArray<Room>, folder: string): Room => {
  const own = rooms.filter((room) => room.paths.some((path) => within(path, folder)))
  return {
    name: `${folder}/test`,
    paths: [`${folder}/test`],
    may: [...own.map((room) => room.name), ...own.flatMap((room) => room.may)]
  }
}

const cycles = (graph: ReadonlyMap<string, ReadonlySet<string>>): ReadonlyArray<ReadonlyArray<string>> => {
  const found: Array<ReadonlyArray<string>> = []
  const done = new Set<string>()
  const walk = (node: string, path: ReadonlyArray<string>): void => {
    const at = path.indexOf(node)
    if (at >= 0) {
      found.push([...path.slice(at), node])
      return
    }
    if (done.has(node)) return
    for (const next of graph.get(node) ?? []) walk(next, [...path, node])
    done.add(node)
  }
  for (const node of graph.keys()) walk(node, [])
  return found
}

/** Whether package.json promises that the import resolves where this file runs. */
const isNamed = (name: string, path: string, own: Manifest, manifests: ReadonlyArray<Manifest>): boolean => {
  if (own.name === name || own.dependencies.has(name)) return true
  const ours = manifests.some((other) => other.name === name)
  // Tests and whole-system code run in the clone alone, where everything that any workspace names is installed.
  if (own.folder === "" && ours) return true
  if ((own.folder === "" || isTest(path)) && !ours)
    return manifests.some((other) => other.dependencies.has(name) || other.devDependencies.has(name))
  return own.devDependencies.has(name) && (isTest(path) || bundled.has(name))
}

interface Landing {
  /** The module it lands on, from the root; null when it is somebody else's package. */
  readonly target: string | null
  readonly fault: string | null
}

const land = (path: string, specifier: string, own: Manifest, manifests: ReadonlyArray<Manifest>): Landing => {
  if (specifier.startsWith(".")) {
    const target = relativeFile(path, specifier)
    const shared = isTest(path) && (within(target, "conformance") || (own.folder === "" && isTest(target)))
    // Conformance vectors are read in place, and whole-system tests may use the fixtures of a host's own.
    return packageOf(manifests, target) === own || shared
      ? { target, fault: null }
      : { target: null, fault: `${specifier} leaves its package; import it by the package's name` }
  }
  const [name, subpath] = splitSpecifier(specifier)
  if (!isNamed(name, path, own, manifests)) return { target: null, fault: `${name} is not a dependency of ${own.name}` }
  const known = manifests.find((manifest) => manifest.name === name)
  if (known === undefined) return { target: null, fault: null }
  const target = exportedFile(known, subpath)
  return { target, fault: target === null ? `${specifier} is not exported by ${name}` : null }
}

const wallFault = (room: Room, to: Room, target: string, specifier: string): string | null => {
  if (to === room || room.may.includes(anythingPublic)) return null
  if (!room.may.includes(to.name)) return `${room.name} may not import ${to.name} (${specifier})`
  const inside = room.name.startsWith(`${to.name}/`)
  return to.door === undefined || to.door === target || inside
    ? null
    : `only ${to.door} of ${to.name} may be imported (${specifier})`
}

/** Every fault of a house, one line each, `file:line: what`; empty when the walls stand. */
export const findFaults = ({ files, manifests, rooms }: House): ReadonlyArray<string> => {
  const faults: Array<string> = []
  const graph = new Map<string, Set<string>>()
  const outside = new Map<string, Set<string>>()

  for (const [path, text] of files) {
    const edges = new Set<string>()
    const packages = new Set<string>()
    graph.set(path, edges)
    outside.set(path, packages)
    const own = packageOf(manifests, path)
    if (own === null) throw new Error(`${path} has no package.json above it`)
    const plain = roomOf(rooms, path)
    const open = plain?.may.includes(anythingPublic) === true
    const room = own.folder !== "" && isTest(path) && !open ? testRoom(rooms, own.folder) : plain
    if (room === null) {
      faults.push(`${path}:1: lies in no room of importEdges.ts`)
      continue
    }
    for (const { specifier, line } of importsOf(text)) {
      const report = (fault: string) => faults.push(`${path}:${line}: ${fault}`)
      if (specifier === "?") {
        if (!open) report("imports a computed name, which no list can allow")
        continue
      }
      if (isBuiltin(specifier)) {
        packages.add(specifier.startsWith("node:") ? specifier : `node:${specifier}`)
        continue
      }
      const { target, fault } = land(path, specifier, own, manifests)
      if (fault !== null) report(fault)
      else if (target === null) {
        const [name] = splitSpecifier(specifier)
        packages.add(name)
        const owner = rooms.find((other) => other.alone?.some((pattern) => matches(name, pattern)))
        if (owner !== undefined && owner !== room) report(`only ${owner.name} may import ${name}`)
      } else {
        edges.add(target)
        const to = roomOf(rooms, target)
        const wall = to === null || to.name === "conformance" ? null : wallFault(room, to, target, specifier)
        if (wall !== null) report(wall)
      }
    }
  }

  for (const cycle of cycles(graph)) faults.push(`${cycle[0]}:1: cycle ${cycle.join(" → ")}`)
  for (const room of rooms)
    for (const start of files.keys())
      if (room.neverReaches !== undefined && roomOf(rooms, start) === room)
        faults.push(...reached(room, room.neverReaches, start, graph, outside))
  return faults
}

const reached = (
  room: Room,
  forbidden: ReadonlyArray<string>,
  start: string,
  graph: ReadonlyMap<string, ReadonlySet<string>>,
  outside: ReadonlyMap<string, ReadonlySet<string>>
): ReadonlyArray<string> => {
  const faults: Array<string> = []
  const seen = new Set([start])
  for (const path of seen) {
    for (const name of outside.get(path) ?? [])
      if (forbidden.some((pattern) => matches(name, pattern)))
        faults.push(`${path}:1: imports ${name}, and ${start} (${room.name}) reaches it`)
    for (const next of graph.get(path) ?? []) seen.add(next)
  }
  return faults
}

/** devDependencies that a package's build copies into its own dist, so that consumers never install them. */
export const bundled: ReadonlySet<string> = new Set(["@effect/sql-sqlite-node"])

const record = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {}

const readManifest = (file: string): Manifest => {
  const json = record(JSON.parse(readFileSync(file, "utf8")))
  const names = (key: string) => Object.keys(record(json[key]))
  return {
    name: String(json.name),
    folder: dirname(file) === "." ? "" : dirname(file),
    exports: record(json.exports),
    dependencies: new Set([...names("dependencies"), ...names("peerDependencies"), ...names("optionalDependencies")]),
    devDependencies: new Set(names("devDependencies"))
  }
}

const skip = (path: string) => /(^|\/)(node_modules|dist|fixtures|templates|assembly)$/.test(path)

export const readHouse = (): House => ({
  files: new Map(
    globSync("{packages,hosts,plugins,agents,examples,tests,bench,conformance,scripts}/**/*.ts", { exclude: skip })
      .sort()
      .map((file) => [file, readFileSync(file, "utf8")])
  ),
  manifests: [
    "package.json",
    ...globSync("{packages,hosts,plugins,agents}/*/package.json"),
    "examples/package.json"
  ].map(readManifest),
  rooms: allRooms
})

if (import.meta.main) {
  const house = readHouse()
  const faults = findFaults(house)
  for (const fault of faults) console.error(fault)
  console.log(
    faults.length === 0
      ? `imports: ${house.files.size} files keep to the walls`
      : `imports: ${faults.length} faults; scripts/importEdges.ts says who may import whom`
  )
  process.exitCode = faults.length === 0 ? 0 : 1
}
