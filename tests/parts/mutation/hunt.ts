/**
 * Tries every mutant: first many in one process, and where that says nothing, one at a time in a process of its own. What
 * survives has met every quick test that reaches it; slow tests and whole test files have a bound, so that the end comes.
 */
import { basename } from "node:path"
import type { Mutant } from "./instrument.ts"
import { Ledger } from "./Ledger.ts"
import type { SwitchPlan } from "./plan.ts"
import { TestProcess } from "./TestProcess.ts"

/** Tests above this wait until most mutants are dead. */
const quickMs = 200

/** What slow tests may take for one mutant, the quickest of them first. */
const slowMsMax = 8000

/** Test files in which a mutant is tried alone. */
const aloneFilesMax = 4

/** Beyond what the runner itself waits: the mutant is stuck in a loop that no switch is in. */
const stuckMs = 30_000

export interface Hunt {
  readonly sandbox: string
  readonly workers: number
  readonly files: ReadonlyArray<string>
  readonly mutants: ReadonlyArray<Mutant>
  readonly say: (text: string) => void
}

/** Lets each worker take the next item until there is none. */
const inParallel = async <A>(
  workers: ReadonlyArray<TestProcess>,
  items: ReadonlyArray<A>,
  run: (worker: TestProcess, item: A) => Promise<void>
): Promise<void> => {
  const waiting = [...items]
  await Promise.all(
    workers.map(async (worker) => {
      for (let item = waiting.shift(); item !== undefined; item = waiting.shift()) await run(worker, item)
    })
  )
}

const switchThrough = async (ledger: Ledger, worker: TestProcess, file: string, only: SwitchPlan["only"]) => {
  const testMsMax = only === null ? quickMs : Number.MAX_SAFE_INTEGER
  for (;;) {
    const leaveOut = [...ledger.spoiltIn].filter(([, files]) => files.has(file)).map(([mutant]) => mutant)
    const outcome = await worker.run(file, { kind: "switch", log: ledger.log, only, testMsMax, leaveOut }, () => {
      ledger.read()
      const trying = ledger.trying.get(file)
      if (trying === undefined) return false
      const { ms } = ledger.tests.get(trying.test) ?? { ms: 0 }
      return performance.now() - trying.since > stuckMs + 45 * ms
    })
    ledger.read()
    const trying = ledger.trying.get(file)
    if (trying !== undefined) {
      // It hung, or took the process down.
      ledger.append({ at: "end", test: trying.test, mutant: trying.mutant, how: "timeout" })
      ledger.read()
    } else if (outcome === "hung" || (!outcome.ok && !(outcome.onlyHooks && ledger.triedIn.has(file)))) {
      // A hook may fail over what a mutant has left: a thread that never answers keeps its pool open.
      throw new Error(`${file} fails without a mutant: ${outcome === "hung" ? "it does not end" : outcome.why}`)
    } else if (![...ledger.spoiltIn].some(([mutant, files]) => files.has(file) && !leaveOut.includes(mutant))) return
  }
}

/** The slow tests that each living mutant may still meet. */
const planSlow = (ledger: Ledger, living: ReadonlyArray<Mutant>): Map<string, Record<string, Array<string>>> => {
  const slow = [...ledger.tests.values()].filter(({ putOff }) => putOff).sort((one, other) => one.ms - other.ms)
  const plans = new Map<string, Record<string, Array<string>>>()
  for (const { id } of living) {
    let left = slowMsMax
    for (const { file, ms, mutants, test } of slow) {
      if (!mutants.has(id)) continue
      left -= ms
      if (left < 0) break
      const plan = plans.get(file) ?? {}
      plan[test] = [...(plan[test] ?? []), id]
      plans.set(file, plan)
    }
  }
  return plans
}

/**
 * The test files in which a mutant is tried alone: those that it spoilt, its module's own, and, where it is reached while
 * modules load, those that use its module most.
 */
const filesFor = (ledger: Ledger, { fileName, id }: Mutant, module: ReadonlySet<string>): ReadonlyArray<string> => {
  const own = `${basename(fileName, ".ts").toLowerCase()}.`
  const uses = new Map<string, number>()
  const reached: Array<string> = []
  for (const { file, mutants } of ledger.tests.values()) {
    uses.set(file, (uses.get(file) ?? 0) + [...mutants].filter((mutant) => module.has(mutant)).length)
    if (mutants.has(id)) reached.push(file)
  }
  const rank = (file: string) => uses.get(file) ?? 0
  const loaded = [...(ledger.loadedIn.get(id) ?? [])].sort((one, other) => rank(other) - rank(one))
  const ours = [...reached, ...loaded].filter((file) => basename(file).toLowerCase().startsWith(own))
  return [...new Set([...(ledger.spoiltIn.get(id) ?? []), ...ours, ...loaded.slice(0, aloneFilesMax)])]
}

const tryAlone = async (ledger: Ledger, worker: TestProcess, id: string, files: ReadonlyArray<string>) => {
  for (const file of files) {
    let fileMs = 0
    for (const test of ledger.tests.values()) if (test.file === file) fileMs += test.ms
    const outcome = await worker.run(file, { kind: "alone", mutant: id }, (ms) => ms > stuckMs + 5 * fileMs)
    if (outcome === "hung" || !outcome.ok) {
      ledger.fates.set(id, outcome === "hung" ? "timeout" : "killed")
      return
    }
  }
}

export const hunt = async ({ files, mutants, sandbox, say, workers: count }: Hunt): Promise<Ledger> => {
  const ledger = new Ledger(`${sandbox}/mutation.log`)
  const workers = Array.from({ length: count }, (_, at) => new TestProcess(sandbox, `worker-${at}`))
  const living = () => mutants.filter(({ id }) => ledger.isOpen(id))
  try {
    await inParallel(workers, files, async (worker, file) => {
      await switchThrough(ledger, worker, file, null)
      say(`${file}: ${living().length} live`)
    })
    await inParallel(workers, [...planSlow(ledger, living())], async (worker, [file, only]) => {
      try {
        await switchThrough(ledger, worker, file, only)
      } catch (error) {
        // It ran through before: what a mutant has left in it stands in the way now. Each of its mutants is tried alone below.
        say(`${file}, slow tests: given up (${error instanceof Error ? error.message.slice(-120) : "no reason"})`)
      }
      say(`${file}, slow tests: ${living().length} live`)
    })
    const alone = living()
    say(`${alone.length} to try alone`)
    const modules = Map.groupBy(mutants, ({ fileName }) => fileName)
    let done = 0
    await inParallel(workers, alone, async (worker, mutant) => {
      const module = new Set(modules.get(mutant.fileName)?.map(({ id }) => id))
      await tryAlone(ledger, worker, mutant.id, filesFor(ledger, mutant, module))
      if (++done % 20 === 0) say(`${done} of ${alone.length} alone: ${living().length} live`)
    })
  } finally {
    for (const worker of workers) worker.stop()
  }
  return ledger
}
