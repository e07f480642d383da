/** `farmops tracker tls new`: a certificate that is its own authority, for a trial beyond this machine. */
import { mkdir, open } from "node:fs/promises"
import { join, resolve } from "node:path"
import { exitCodes } from "@farmops/core/host/exitCodes"
import { makeCertificate } from "@farmops/core/host/makeCertificate"
import { DateTime, Effect } from "effect"
import { CommandFailed } from "./CommandFailed.ts"
import { Printer } from "./Printer.ts"

/** Long enough for a trial, short enough that nobody forgets to get a real one. */
const daysGood = 90

// Never written over: a tracker may be serving with it.
const writeNew = (path: string, text: string, mode: number) =>
  Effect.tryPromise({
    try: async () => {
      const file = await open(path, "wx", mode)
      await file.writeFile(text).finally(() => file.close())
    },
    catch: (error) =>
      new CommandFailed({
        code: "unwritable",
        detail: `${path} cannot be written (${error instanceof Error && "code" in error ? error.code : "unknown"}).`,
        cure: "Name another folder with --out, or move what is there.",
        exitCode: exitCodes.io
      })
  })

/** Runs `tracker tls new`. */
export const newCertificate = Effect.fn("newCertificate")(function* (flags: {
  readonly host: ReadonlyArray<string>
  readonly out: string
  readonly cwd: string
}) {
  const printer = yield* Printer
  const [commonName = "localhost"] = flags.host
  // A client whose clock is behind takes it too.
  const from = DateTime.toDateUtc(DateTime.subtract(yield* DateTime.now, { hours: 1 }))
  const { cert, key } = makeCertificate({ commonName, hosts: flags.host, from, days: daysGood })
  const folder = resolve(flags.cwd, flags.out)
  yield* Effect.promise(() => mkdir(folder, { recursive: true, mode: 0o700 }))
  const files = { cert: join(folder, "tls.crt"), key: join(folder, "tls.key") }
  yield* writeNew(files.key, key, 0o600)
  yield* writeNew(files.cert, cert, 0o644)
  if (printer.json) return yield* printer.data({ ...files, hosts: flags.host, days: daysGood })
  yield* printer.line(`a certificate for ${flags.host.join(", ")}, good for ${daysGood} days, is in ${files.cert}`)
  yield* printer.note(`the tracker takes it with --tls-cert ${files.cert} --tls-key ${files.key}`)
  yield* printer.note(
    "agents believe it with tracker.ca, the commands with --ca: give them a copy of tls.crt, never the key"
  )
})
