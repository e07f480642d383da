/** What `scripts/mutationTest.ts` and the runner inside vitest tell each other: a plan in a file, and lines in a log. */

/** Names a plan's file for the test processes. */
export const planVariable = "FARMOPS_MUTATION_PLAN"

/** Switches through mutants inside one process: good for all but the code that runs while a module loads. */
export interface SwitchPlan {
  readonly kind: "switch"
  readonly log: string
  /** Tests to run, each with the mutants to try in it; or null for all. */
  readonly only: Readonly<Record<string, ReadonlyArray<string>>> | null
  /** A test that takes longer is put off to a later plan, when fewer mutants live. */
  readonly testMsMax: number
  /** Mutants that spoilt this process before, so that they are tried alone. */
  readonly leaveOut: ReadonlyArray<string>
}

/** One mutant that is there from before the first module loads. */
export interface AlonePlan {
  readonly kind: "alone"
  readonly mutant: string
}

export type Plan = SwitchPlan | AlonePlan

/** A line of the log. `test` is the file and the full name. */
export type LogLine =
  /** What a test reaches by itself, how long it takes, and whether it waits for a later plan. */
  | {
      readonly at: "reached"
      readonly test: string
      readonly ms: number
      readonly mutants: ReadonlyArray<string>
      readonly putOff: boolean
    }
  /** What is reached while a test file loads. */
  | { readonly at: "loaded"; readonly file: string; readonly mutants: ReadonlyArray<string> }
  /** The test fails when it runs twice, so it says nothing of mutants here. */
  | { readonly at: "unrepeatable"; readonly test: string }
  | { readonly at: "start"; readonly test: string; readonly mutant: string }
  | {
      readonly at: "end"
      readonly test: string
      readonly mutant: string
      /** `spoilt`: the test fails without the mutant too, now that it has been there. */
      readonly how: "survived" | "killed" | "timeout" | "spoilt"
    }
