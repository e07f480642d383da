/**
 * Runs each test of a file as usual, then once more for every living mutant that it reaches, with that mutant switched on.
 * The modules load once for all of them, which makes this a hundred times as fast as a run for each mutant.
 */
import { appendFileSync, closeSync, openSync, readFileSync, readSync } from "node:fs"
import { type RunnerTestCase as Test, TestRunner } from "vitest"
import { type LogLine, type Plan, planVariable, type SwitchPlan } from "./plan.ts"

/** What the instrumented sources read and write. */
interface Switch {
  activeMutant: string | undefined
  hitCount: number | undefined
  hitLimit: number | undefined
  currentTestId: string | undefined
  mutantCoverage?: {
    readonly static: Readonly<Record<string, number>>
    readonly perTest: Readonly<Record<string, Readonly<Record<string, number>>>>
  }
}

/** A loop that a mutant makes endless meets its own switch again and again: this many times as often as before is enough. */
const hitsFactor = 100
const hitsMore = 1000

/** For a mutant that waits instead. */
const waitFactor = 20
const waitMs = 5000

const plan: Plan = JSON.parse(readFileSync(process.env[planVariable] ?? "", "utf8"))
const mutants: Switch = { activeMutant: undefined, hitCount: undefined, hitLimit: undefined, currentTestId: undefined }
Object.assign(globalThis, { __stryker__: mutants })

/** Other processes and threads that a test starts find the mutant in their environment. */
const activate = (mutant: string | undefined): void => {
  mutants.activeMutant = mutant
  if (mutant === undefined) delete process.env.__STRYKER_ACTIVE_MUTANT__
  else process.env.__STRYKER_ACTIVE_MUTANT__ = mutant
}

if (plan.kind === "alone") activate(plan.mutant)

const write = (log: string, line: LogLine): void => appendFileSync(log, `${JSON.stringify(line)}\n`)

const nameOf = ({ name, suite }: Test): string => {
  let whole = name
  for (let outer = suite; outer !== undefined; outer = outer.suite) whole = `${outer.name} > ${whole}`
  return whole
}

/** Reads what all processes have written, from where the last reading ended. */
const followLog = (log: string) => {
  const dead = new Set<string>()
  const tried = new Set<string>()
  const piece = Buffer.alloc(1 << 16)
  let at = 0
  let rest = ""
  const read = (): void => {
    const file = openSync(log, "r")
    for (;;) {
      const length = readSync(file, piece, 0, piece.length, at)
      if (length === 0) break
      at += length
      const lines = (rest + piece.toString("latin1", 0, length)).split("\n")
      rest = lines.pop() ?? ""
      for (const text of lines) {
        if (!text.startsWith('{"at":"end"')) continue
        const line: LogLine = JSON.parse(Buffer.from(text, "latin1").toString())
        if (line.at !== "end") continue
        if (line.how === "survived") tried.add(`${line.mutant} ${line.test}`)
        else if (line.how !== "spoilt") dead.add(line.mutant)
      }
    }
    closeSync(file)
  }
  return { read, isOpen: (mutant: string, test: string) => !dead.has(mutant) && !tried.has(`${mutant} ${test}`) }
}

class LateError extends Error {}

const within = async (run: () => unknown, ms: number): Promise<void> => {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new LateError()), ms)
  })
  try {
    await Promise.race([run(), late])
  } finally {
    clearTimeout(timer)
  }
}

const passes = async (run: () => unknown, ms: number): Promise<boolean> =>
  within(run, ms).then(
    () => true,
    () => false
  )

export default class MutantRunner extends TestRunner {
  readonly #plan: SwitchPlan | null = plan.kind === "switch" ? plan : null
  readonly #log = plan.kind === "switch" ? followLog(plan.log) : null
  readonly #files = new Set<string>()
  #spoilt = false

  async runTask(test: Test): Promise<void> {
    const name = nameOf(test)
    const run = TestRunner.getTestFn(test)
    if (this.#plan === null) return void (await run())
    await this.#switchThrough(this.#plan, `${test.file.name} > ${name}`, test.file.name, run)
  }

  async #switchThrough(switchPlan: SwitchPlan, name: string, file: string, run: () => unknown): Promise<void> {
    const { leaveOut, log, only, testMsMax } = switchPlan
    if (!this.#files.has(file)) {
      this.#files.add(file)
      write(log, { at: "loaded", file, mutants: Object.keys(mutants.mutantCoverage?.static ?? {}) })
    }
    const wanted = only === null ? null : only[name]
    if (this.#spoilt || wanted === undefined) return
    mutants.currentTestId = name
    const began = performance.now()
    await run()
    const ms = performance.now() - began
    const hits = { ...mutants.mutantCoverage?.perTest[name] }
    mutants.currentTestId = "again"
    const putOff = ms > testMsMax
    write(log, { at: "reached", test: name, ms, mutants: Object.keys(hits), putOff })
    if (putOff) return
    const msMax = waitMs + waitFactor * ms
    let repeated = false
    this.#log?.read()
    for (const [mutant, hitsBefore] of Object.entries(hits)) {
      if (wanted?.includes(mutant) === false || leaveOut.includes(mutant) || this.#log?.isOpen(mutant, name) === false)
        continue
      if (!repeated && !(await passes(run, msMax))) return write(log, { at: "unrepeatable", test: name })
      repeated = true
      write(log, { at: "start", test: name, mutant })
      let how: "survived" | "killed" | "timeout" | "spoilt" = "survived"
      mutants.hitCount = 0
      mutants.hitLimit = hitsFactor * hitsBefore + hitsMore
      activate(mutant)
      try {
        await within(run, msMax)
      } catch (error) {
        how = error instanceof LateError || mutants.hitCount > mutants.hitLimit ? "timeout" : "killed"
      }
      activate(undefined)
      mutants.hitCount = undefined
      // A mutant may leave something behind, in a cache for instance, and the next ones would be judged by that.
      if (how !== "survived" && !(await passes(run, msMax))) how = "spoilt"
      write(log, { at: "end", test: name, mutant, how })
      if (how === "spoilt") {
        this.#spoilt = true
        return
      }
    }
  }
}
