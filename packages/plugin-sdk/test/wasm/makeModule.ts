/** Assembles small WebAssembly modules by hand, good and bad, so that each test shows what its module is made of. */
import { writeFileSync } from "node:fs"
import { join } from "node:path"

const utf8 = new TextEncoder()

const unsigned = (value: number): Array<number> =>
  value < 128 ? [value] : [(value % 128) + 128, ...unsigned(Math.floor(value / 128))]

/** A number as an immediate that has a sign. */
export const signed = (value: bigint): Array<number> => {
  const low = Number(value & 127n)
  const rest = value >> 7n
  const last = (rest === 0n && low < 64) || (rest === -1n && low >= 64)
  return last ? [low] : [low + 128, ...signed(rest)]
}

const vector = (items: ReadonlyArray<ReadonlyArray<number>>): Array<number> => [
  ...unsigned(items.length),
  ...items.flat()
]
const named = (name: string): Array<number> => [...unsigned(name.length), ...utf8.encode(name)]
const section = (id: number, content: ReadonlyArray<number>): Array<number> => [
  id,
  ...unsigned(content.length),
  ...content
]

/** `i64.const` of an address and a length: what a module answers with. */
export const pointTo = (at: number, length: number): ReadonlyArray<number> => [
  0x42,
  ...signed(BigInt.asIntN(64, (BigInt(at) << 32n) | BigInt(length)))
]

/** A module; what is not given is as it should be. */
export interface Made {
  readonly id?: string
  readonly description?: string
  readonly answer?: string
  /** The limits of its memory, as bytes. */
  readonly memory?: ReadonlyArray<number>
  readonly table?: ReadonlyArray<number>
  readonly imports?: boolean
  /** The exports that are left out. */
  readonly without?: string
  /** The code of `verify`; it leaves an i64. */
  readonly verify?: ReadonlyArray<number>
  readonly describe?: ReadonlyArray<number>
  readonly alloc?: ReadonlyArray<number>
  /** Types behind the three that every module has. */
  readonly types?: ReadonlyArray<ReadonlyArray<number>>
  /** The locals of each function, as bytes. */
  readonly locals?: ReadonlyArray<number>
  /** A section of tags, as exceptions need it. */
  readonly tags?: ReadonlyArray<number>
}

const describedAt = 1_024
/** Where the answer lies. */
export const answerAt = 8_192

/** What every module answers unless it is given another answer. */
export const verified = {
  verdict: "verified",
  action_type: "verify",
  category: "maintenance",
  description: "Did 1 thing",
  scoring_hints: { complexity: "low", impact_radius: 1, artifacts_touched: 1 },
  evidence: { seen: true }
}

const descriptionOf = (id: string) =>
  JSON.stringify({
    plugin_id: id,
    version: "1.0.0",
    categories: ["maintenance"],
    sources: [{ source_type: "test" }],
    description_templates: ["Did {things} thing"]
  })

/** The module's bytes. */
export const makeModule = (made: Made = {}): Uint8Array<ArrayBuffer> => {
  const description = utf8.encode(made.description ?? descriptionOf(made.id ?? "farmops/made"))
  const answer = utf8.encode(made.answer ?? JSON.stringify(verified))
  const offset = made.imports === true ? 1 : 0
  const functions = { alloc: 0, describe: 1, verify: 2 }
  const exported = [
    [...named("memory"), 2, 0],
    ...Object.entries(functions).map(([name, index]) => [...named(name), 0, index + offset])
  ].filter((_, at) => ["memory", "alloc", "describe", "verify"][at] !== made.without)
  const body = (code: ReadonlyArray<number>) => {
    const all = [...(made.locals ?? [0]), ...code, 0x0b]
    return [...unsigned(all.length), ...all]
  }
  const data = (at: number, bytes: Uint8Array) => [
    0,
    0x41,
    ...signed(BigInt(at)),
    0x0b,
    ...unsigned(bytes.length),
    ...bytes
  ]
  return new Uint8Array([
    ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    // (i32) → i32, () → i64, (i32, i32) → i64
    ...section(
      1,
      vector([[0x60, 1, 0x7f, 1, 0x7f], [0x60, 0, 1, 0x7e], [0x60, 2, 0x7f, 0x7f, 1, 0x7e], ...(made.types ?? [])])
    ),
    ...(made.imports === true ? section(2, vector([[...named("env"), ...named("clock"), 0, 1]])) : []),
    ...section(3, vector([[0], [1], [2]])),
    ...(made.table === undefined ? [] : section(4, vector([[0x70, ...made.table]]))),
    ...section(5, vector([[...(made.memory ?? [1, 1, 4])]])),
    ...(made.tags === undefined ? [] : section(13, made.tags)),
    ...section(7, vector(exported)),
    ...section(
      10,
      vector([
        body(made.alloc ?? [0x41, ...signed(16_384n)]),
        body(made.describe ?? pointTo(describedAt, description.length)),
        body(made.verify ?? pointTo(answerAt, answer.length))
      ])
    ),
    ...section(11, vector([data(describedAt, description), data(answerAt, answer)]))
  ])
}

/** Writes it where an agent can be pointed to. */
export const writeModule = (folder: string, made: Made = {}): string => {
  const path = join(folder, "made.wasm")
  writeFileSync(path, makeModule(made))
  return path
}

/** Code for `verify`. */
export const code = {
  /** For ever. */
  loop: [0x03, 0x40, 0x0c, 0, 0x0b, 0x42, 0],
  /** unreachable */
  trap: [0x00],
  /** Calls itself. */
  recursion: [0x20, 0, 0x20, 1, 0x10, 2],
  /** Adds one to the byte of the answer at `at`, and answers. */
  count: (at: number, answer: string): ReadonlyArray<number> => {
    const address = [0x41, ...signed(BigInt(answerAt + at))]
    return [
      ...address,
      ...address,
      0x2d,
      0,
      0,
      0x41,
      1,
      0x6a,
      0x3a,
      0,
      0,
      ...pointTo(answerAt, utf8.encode(answer).length)
    ]
  },
  /** Grows by a thousand pages, and traps unless that fails. */
  grow: (answer: string): ReadonlyArray<number> => [
    ...[0x41, ...signed(1_000n), 0x40, 0, 0x41, ...signed(-1n), 0x47, 0x04, 0x40, 0x00, 0x0b],
    ...pointTo(answerAt, utf8.encode(answer).length)
  ]
}
