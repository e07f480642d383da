/** The end of a plugin's process: noticed, or asked for and then enforced. */
import type { ChildProcess } from "node:child_process"
import { killGroup } from "@farmops/core/process/startProcess"
import { Effect } from "effect"

/** Whether the process is gone. */
export const hasEnded = (child: ChildProcess): boolean => child.exitCode !== null || child.signalCode !== null

/** Waits for the end and says how it came, for the owner. */
export const childEnded = (child: ChildProcess): Effect.Effect<string> =>
  Effect.callback<string>((resume) => {
    const onExit = () => resume(Effect.succeed(`it ended with status ${child.exitCode ?? child.signalCode}`))
    if (hasEnded(child)) return onExit()
    const onError = (error: NodeJS.ErrnoException) =>
      resume(Effect.succeed(error.code === "ENOENT" ? "its program was not found" : "its program cannot be run"))
    child.once("exit", onExit).once("error", onError)
    return Effect.sync(() => child.off("exit", onExit).off("error", onError))
  })

/** Waits for the end in every case: whoever closes the scope may count on the process being gone. */
export const stopChild = (
  child: ChildProcess,
  stopMsMax: number,
  terminate: () => void = () => child.kill("SIGTERM")
): Effect.Effect<void> =>
  Effect.suspend(() => {
    if (hasEnded(child) || child.pid === undefined) return Effect.void
    terminate()
    const kill = Effect.andThen(
      Effect.sync(() => killGroup(child)),
      childEnded(child)
    )
    return childEnded(child).pipe(Effect.timeoutOrElse({ duration: stopMsMax, orElse: () => kill }), Effect.asVoid)
  })
