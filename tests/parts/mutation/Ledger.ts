/** What is known of each mutant so far, read from the log that all test processes append to. */
import { appendFileSync, readFileSync, writeFileSync } from "node:fs"
import type { LogLine } from "./plan.ts"

/** How a mutant ended, or `open` while it lives. */
export type Fate = "open" | "killed" | "timeout"

/** What a test does by itself. */
export interface Reach {
  readonly test: string
  readonly file: string
  readonly ms: number
  readonly mutants: ReadonlySet<string>
  /** It is too slow to be tried before most mutants are dead. */
  readonly putOff: boolean
}

const fileOf = (test: string): string => test.slice(0, test.indexOf(" > "))

const addTo = (map: Map<string, Set<string>>, mutant: string, file: string): void => {
  map.set(mutant, (map.get(mutant) ?? new Set()).add(file))
}

export class Ledger {
  readonly log: string
  readonly fates = new Map<string, Fate>()
  readonly tests = new Map<string, Reach>()
  /** Test files that reach a mutant while they load. */
  readonly loadedIn = new Map<string, Set<string>>()
  /** Test files in which a mutant left something behind, so that it must be tried alone. */
  readonly spoiltIn = new Map<string, Set<string>>()
  readonly unrepeatable = new Set<string>()
  /** Test files in which a mutant has been switched on. */
  readonly triedIn = new Set<string>()
  /** The mutant that is tried now in each test file. */
  readonly trying = new Map<string, { readonly test: string; readonly mutant: string; readonly since: number }>()
  #offset = 0

  constructor(log: string) {
    this.log = log
    writeFileSync(log, "")
  }

  append(line: LogLine): void {
    appendFileSync(this.log, `${JSON.stringify(line)}\n`)
  }

  isOpen(mutant: string): boolean {
    return (this.fates.get(mutant) ?? "open") === "open"
  }

  isReached(mutant: string): boolean {
    return this.loadedIn.has(mutant) || [...this.tests.values()].some(({ mutants }) => mutants.has(mutant))
  }

  read(): void {
    const whole = readFileSync(this.log)
    const end = whole.lastIndexOf(0x0a) + 1
    for (const text of whole.toString("utf8", this.#offset, end).split("\n"))
      if (text !== "") this.#take(JSON.parse(text))
    this.#offset = end
  }

  #take(line: LogLine): void {
    if (line.at === "loaded") {
      for (const mutant of line.mutants) addTo(this.loadedIn, mutant, line.file)
      return
    }
    const { test } = line
    const file = fileOf(test)
    if (line.at === "reached") {
      const { ms, mutants, putOff } = line
      this.tests.set(test, { test, file, ms, mutants: new Set(mutants), putOff })
    } else if (line.at === "unrepeatable") this.unrepeatable.add(test)
    else if (line.at === "start") {
      this.triedIn.add(file)
      this.trying.set(file, { test, mutant: line.mutant, since: performance.now() })
    } else {
      this.trying.delete(file)
      if (line.how === "spoilt") addTo(this.spoiltIn, line.mutant, file)
      else if (line.how !== "survived" && this.isOpen(line.mutant)) this.fates.set(line.mutant, line.how)
    }
  }
}
