/** One process that runs test files for `scripts/mutationTest.ts`, one job at a time: modules are transformed once for all. */
import { createVitest } from "vitest/node"

export interface Job {
  readonly file: string
}

export interface JobDone {
  readonly ok: boolean
  /** Why it failed, for a run without mutants. */
  readonly why: string
  /** No test failed, but a hook that builds what a suite needs or takes it down again. */
  readonly onlyHooks: boolean
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
    errors.push(...unhandledErrors.map((error) => String((error as Error).message)))
    const hooks = testModules.flatMap((module) =>
      [...module.children.allSuites()].flatMap((suite) =>
        suite.errors().map(({ message }) => `${suite.fullName}: ${message}`)
      )
    )
    vitest.state.filesMap.clear()
    const done: JobDone = {
      ok: errors.length === 0 && testModules.every((module) => module.ok()),
      why: [...errors, ...hooks].join("\n"),
      onlyHooks: errors.length === 0 && hooks.length > 0
    }
    process.send?.(done)
  })()
})
process.on("disconnect", () => process.exit())
process.send?.({ ok: true, why: "", onlyHooks: false } satisfies JobDone)
