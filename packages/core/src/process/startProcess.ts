/** Starts another program in a group of its own and with next to nothing of our environment; ends the whole group. */

import { type ChildProcess, spawn } from "node:child_process"
import { existsSync } from "node:fs"
import { Config, Effect, Option, type Scope } from "effect"
import { inheritedDescriptors } from "./inheritedDescriptors.ts"
import { ProcessNotFound } from "./ProcessError.ts"

/** Where a program starts and what it may know. */
export interface StartOptions {
  readonly cwd: string
  /** Added to PATH, HOME and LANG=C, the only variables that every program gets. */
  readonly env?: Readonly<Record<string, string>> | undefined
}

// How a program that ended by a signal is reported, as shells do.
const signalled = 128

/** The exit status of a program, 128 where a signal ended it. */
export const exitCodeOf = (code: number | null): number => code ?? signalled

const inherited = Effect.gen(function* () {
  const pick = (name: string) => Effect.option(Config.String(name))
  const path = yield* pick("PATH")
  const home = yield* pick("HOME")
  return {
    LANG: "C",
    LC_ALL: "C",
    ...(Option.isSome(path) ? { PATH: path.value } : {}),
    ...(Option.isSome(home) ? { HOME: home.value } : {})
  }
})

/** What stopped a program from starting. */
export const startError = (command: string, cwd: string, cause: unknown): ProcessNotFound => {
  const code = typeof cause === "object" && cause !== null && "code" in cause ? cause.code : null
  if (code === "EACCES" || code === "EPERM") return new ProcessNotFound({ command, reason: "not_allowed" })
  // Node gives one code for a program and for a folder that is not there.
  if (code === "ENOENT") return new ProcessNotFound({ command, reason: existsSync(cwd) ? "missing" : "no_folder" })
  return new ProcessNotFound({ command, reason: "other" })
}

/** Ends a program and all that it started. Harmless when nothing is left. */
export const killGroup = (child: ChildProcess): void => {
  if (child.pid === undefined) return
  try {
    process.kill(-child.pid, "SIGKILL")
  } catch {
    // The last process of the group is gone.
  }
}

type Stdio = "pipe" | "ignore"

/** Pipes in the place of all that a program would inherit, with nobody at the other end. */
const covered = (first: ReadonlyArray<Stdio>): ReadonlyArray<Stdio> => {
  const inherited = new Set(inheritedDescriptors())
  const last = Math.max(first.length - 1, ...inherited)
  return Array.from({ length: last + 1 }, (_, at) => first[at] ?? (inherited.has(at) ? "pipe" : "ignore"))
}

const startCovered = (
  command: string,
  args: ReadonlyArray<string>,
  { cwd, env, stdin }: { readonly cwd: string; readonly env: NodeJS.ProcessEnv; readonly stdin: boolean }
) => {
  const stdio = covered([stdin ? "pipe" : "ignore", "pipe", "pipe"])
  // A group of its own, so that its children can be ended with it.
  const child = spawn(command, [...args], { cwd, env, stdio: [...stdio], detached: true })
  // There are none where the system has none left.
  for (const each of (child.stdio ?? []).slice(3)) each?.destroy()
  return child
}

/** Starts the program; closing the scope ends it and its children. */
export const startProcess = (
  command: string,
  args: ReadonlyArray<string>,
  options: StartOptions & { readonly stdin?: boolean }
): Effect.Effect<ChildProcess, ProcessNotFound, Scope.Scope> =>
  Effect.flatMap(inherited, (environment) =>
    Effect.acquireRelease(
      Effect.try({
        try: () =>
          startCovered(command, args, {
            cwd: options.cwd,
            env: { ...environment, ...options.env },
            stdin: options.stdin === true
          }),
        catch: (cause) => startError(command, options.cwd, cause)
      }),
      (child) =>
        Effect.sync(() => {
          killGroup(child)
          // Whatever the last read left must not keep the pipes open.
          child.stdout?.destroy()
          child.stderr?.destroy()
        })
    )
  )
