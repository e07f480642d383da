/** One process that runs test files for `scripts/mutationTest.ts`, one job at a time: modules are transformed once for all. */
import { createVitest } from "vitest/node"

export interface Job {
  readonly file: string
}

export interface JobDone {
  readonly ok: boolean
  /** Why it failed, for a run without mutants. */
  readonly why: string
}

const vitest = await createVitest("test", { config: `${import.meta.dirname}/vitest.config.ts`, watch: false })
const project = vitest.getRootProject()

process.on("message", ({ file }: Job) => {
  void (async () => {
    const { testModules, unhandledErrors } = await vitest.runTestSpecifications([
      project.createSpecification(`${process.cwd()}/${file}`)
    ])
    const errors = testModules.flatMap((module) => [
      ...module.errors().map(({ message }) => message),
      ...[...module.children.allTests("failed")].map(
        (test) => `${test.fullName}: ${test.result().errors?.[0]?.message ?? ""}`
      )
    ])
    const all = [...errors, ...unhandledErrors.map((error) => String((error as Error).message))]
    vitest.state.filesMap.clear()
    const done: JobDone = { ok: all.length === 0 && testModules.every((module) => module.ok()), why: all.join("\n") }
    process.send?.(done)
  })()
})
process.on("disconnect", () => process.exit())
process.send?.({ ok: true, why: "" } satisfies JobDone)
