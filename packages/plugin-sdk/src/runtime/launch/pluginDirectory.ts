/**
 * The folder of one start of a plugin: new, of mode 0700, gone with its scope. Whatever the plugin has done to it, its removal
 * fails nothing and keeps nobody waiting for long.
 */
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { runProcess } from "@farmops/core/process/runProcess"
import { Effect, type Scope } from "effect"
import { claimDirectory, disclaimDirectory, leftDirectories } from "./directoryOwner.ts"
import { type StartFailed, startFailed } from "./UnitLaunch.ts"

// Folders within folders, as many as a plugin makes in its life: what is not removed by then is left.
const removeMsMax = 5_000

const run = (path: string, command: string, ...args: ReadonlyArray<string>) =>
  runProcess(command, [...args, "--", path], { cwd: tmpdir(), timeoutMs: removeMsMax, outputBytesMax: 0 })

// Node goes by paths, which have a longest; rm goes from folder to folder. A folder without permissions needs them back first.
const removeByForce = (path: string) =>
  run(path, "chmod", "-R", "u+rwx").pipe(
    Effect.andThen(run(path, "rm", "-rf")),
    Effect.map(({ exitCode }) => exitCode === 0)
  )

const remove = (path: string, plugin: string): Effect.Effect<void> =>
  Effect.tryPromise(() => rm(path, { recursive: true, force: true })).pipe(
    Effect.as(true),
    Effect.catch(() => removeByForce(path)),
    Effect.timeoutOrElse({ duration: removeMsMax, orElse: () => Effect.succeed(false) }),
    Effect.catchCause(() => Effect.succeed(false)),
    Effect.flatMap((isGone) =>
      isGone
        ? Effect.promise(() => disclaimDirectory(path))
        : Effect.logWarning("The folder of a plugin that has ended cannot be removed")
    ),
    Effect.annotateLogs({ plugin })
  )

/** The system's folder keeps the path short: a socket's may have about 100 bytes. `plugin` is whom a warning names. */
export const pluginDirectory = (plugin: string): Effect.Effect<string, StartFailed, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.tryPromise({
      try: async () => {
        // Its mode is 0700.
        const path = await mkdtemp(join(tmpdir(), "farmops-plugin-"))
        await claimDirectory(path)
        return path
      },
      catch: () => startFailed(null)("not_ready", "no folder can be made for it")
    }),
    (path) => remove(path, plugin)
  )

/** Removes the folders of processes that were killed before they could. */
export const clearLeftDirectories: Effect.Effect<void> = Effect.flatMap(leftDirectories(tmpdir()), (left) =>
  Effect.forEach(left, (path) => remove(path, "of an agent that was killed"), { discard: true })
)
