/** `farmops proof verify`: checks a file with keys that the caller knows and nothing else. It needs no server and trusts none. */
import { createReadStream } from "node:fs"
import { exitCodes } from "@farmops/core/host/exitCodes"
import { nodeBackend } from "@farmops/proof/NodeBackend"
import { selfTest } from "@farmops/proof/selfTest"
import { type FileKeys, type FileVerdict, makeFileVerifier, verdictJson } from "@farmops/proof/verifyFile"
import * as Effect from "effect/Effect"
import { CommandFailed } from "./CommandFailed.ts"
import { Printer } from "./Printer.ts"
import { readRotationsFile } from "./readRotationsFile.ts"
import { refuseOtherThanFile } from "./refuseOtherThanFile.ts"

/** Walks a file once, or standard input for `-`. `onProgress` is told the number of good proofs after each piece read. */
export const checkFile = async (
  path: string,
  keys: FileKeys,
  onProgress: (count: number) => void,
  signal?: AbortSignal
): Promise<FileVerdict> => {
  const verifier = makeFileVerifier(keys, nodeBackend)
  const options = { highWaterMark: 256 * 1024, ...(signal === undefined ? {} : { signal }) }
  // Standard input by its own stream: a pipe that pauses is no fault.
  const source = path === "-" ? process.stdin : createReadStream(path, options)
  for await (const piece of source as AsyncIterable<Uint8Array>) {
    signal?.throwIfAborted()
    if (!verifier.push(piece)) break
    onProgress(verifier.count())
  }
  return verifier.finish()
}

// Below this a file is checked before a person could read the progress line.
const progressFrom = 10_000

const flagOf: Readonly<Record<string, string>> = {
  public_key: "--key HEX",
  recovery_key: "--recovery-key HEX",
  tracker_key: "--tracker-key HEX"
}

/** The exit status tells a command line to mend from a file that does not hold. */
const failureOf = (verdict: FileVerdict, file: string): CommandFailed | null => {
  const { fault } = verdict
  if (fault === null) return null
  const flag = fault.line === null && fault.path !== null ? flagOf[fault.path] : undefined
  if (flag !== undefined && (fault.code === "key_needed" || fault.code === "bad_key")) {
    const detail = fault.code === "key_needed" ? `${file}: ${fault.detail}.` : `${flag.split(" ")[0]}: ${fault.detail}.`
    const cure =
      fault.path === "tracker_key" ? `Give ${flag}.` : `Give ${flag}; \`farmops agent list --json\` shows it.`
    return new CommandFailed({ code: fault.code, detail, cure, exitCode: exitCodes.usage })
  }
  return new CommandFailed({
    code: fault.code,
    detail: `${fault.line === null ? "" : `line ${fault.line}: `}${fault.code} — ${fault.detail}.`,
    cure: fault.advice,
    exitCode: exitCodes.dataInvalid
  })
}

const goodLines = ({ doesNotShow, epochs, head, kind, proofs, summary }: FileVerdict) => {
  const what = kind === "chain" ? `${proofs} ${proofs === 1 ? "proof" : "proofs"}` : summary
  const place = head === null ? "" : `${kind === "chain" ? "," : ""} head ${head.hash}`
  const keys =
    epochs.length < 2 ? [] : epochs.map((epoch) => `from sequence ${epoch.firstSequence}: ${epoch.publicKey}`)
  // A chain is what everybody checks every day; the other kinds are easily taken for more than they are.
  const notes = kind === "chain" ? [] : doesNotShow.map((sentence) => `does not show: ${sentence}`)
  return { lines: [`ok: ${what}${place}`, ...keys], notes }
}

/** Runs the command: `ok: N proofs, head HASH` and the keys of a chain that rotated, or the first bad line with exit 65. */
export const proofVerify = Effect.fn("proofVerify")(function* (options: {
  readonly file: string
  readonly key?: string | undefined
  readonly recoveryKey?: string | undefined
  readonly trackerKey?: string | undefined
  readonly trackerRotations?: string | undefined
}) {
  const printer = yield* Printer
  const wrong = selfTest(nodeBackend)
  if (wrong !== null) {
    return yield* new CommandFailed({
      code: "library_unfit",
      detail: `the node:crypto of this Node decides a known case wrongly (${wrong}); its verdict on a proof would be worth nothing.`,
      cure: "Verify with another Node, or in the browser.",
      exitCode: exitCodes.software
    })
  }
  const { file, key, recoveryKey, trackerKey, trackerRotations } = options
  const given = { publicKey: key ?? null, recoveryKey: recoveryKey ?? null, trackerKey: trackerKey ?? null }
  if (file !== "-") yield* refuseOtherThanFile(file)
  const keys =
    trackerRotations === undefined
      ? given
      : { ...given, trackerKeys: yield* readRotationsFile(trackerRotations, given.trackerKey) }
  let shown = 0
  const progress = (count: number) => {
    if (!process.stderr.isTTY || printer.json || count < progressFrom || count - shown < progressFrom) return
    shown = count
    process.stderr.write(`\r${count.toLocaleString("en")} proofs checked…`)
  }
  const verdict = yield* Effect.tryPromise({
    try: (signal) => checkFile(file, keys, progress, signal),
    catch: (error) =>
      new CommandFailed({
        code: "unreadable",
        detail: `${file} cannot be read: ${error instanceof Error && "code" in error ? error.code : "unknown"}.`,
        cure: null,
        exitCode: exitCodes.io
      })
  })
  if (shown > 0) yield* Effect.sync(() => void process.stderr.write("\r\x1b[K"))
  const failure = failureOf(verdict, file)
  if (printer.json && failure?.exitCode !== exitCodes.usage) yield* printer.data(verdictJson(verdict))
  if (failure !== null) return yield* failure
  if (printer.json) return
  const { lines, notes } = goodLines(verdict)
  for (const line of lines) yield* printer.line(line)
  for (const note of notes) yield* printer.note(note)
})
