/** Prints what a program that it starts has open, one link a line, and whether that program may be run at all. */
import { runProcess } from "@farmops/core/process/runProcess"
import { Effect } from "effect"

const options = { cwd: "/", timeoutMs: 10_000, outputBytesMax: 65_536 }
const { stdout } = await Effect.runPromise(runProcess("ls", ["-l", "/proc/self/fd"], options))
process.stdout.write(stdout)
