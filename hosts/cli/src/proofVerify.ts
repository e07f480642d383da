/** `farmops proof verify`: checks an export with the agent's public key and nothing else. It needs no server and trusts none. */
import { exitCodes } from "@farmops/core/host/exitCodes"
import { nodeBackend } from "@farmops/proof/NodeBackend"
import { type ChainHead, makeChainVerifier, type ProofFault } from "@farmops/proof/verify"
import * as Effect from "effect/Effect"
import { CommandFailed } from "./CommandFailed.ts"
import { Printer } from "./Printer.ts"
import { readLines } from "./readLines.ts"

/** What became of a file: how many proofs hold and where the chain stands, or the first line that does not hold. */
export type FileVerdict =
  | { readonly ok: true; readonly count: number; readonly head: ChainHead | null }
  | { readonly ok: false; readonly count: number; readonly line: number; readonly fault: ProofFault }

/** Walks the file once. `onProgress` is told after each group of lines, some hundreds at a time. */
export const verifyFile = async (
  path: string,
  publicKey: string,
  onProgress: (count: number) => void,
  signal?: AbortSignal
): Promise<FileVerdict> => {
  const chain = makeChainVerifier(publicKey, nodeBackend)
  for await (const lines of readLines(path, signal)) {
    for (const line of lines) {
      const fault = chain.accept(line)
      if (fault !== null) return { ok: false, count: chain.count(), line: chain.count() + 1, fault }
    }
    onProgress(chain.count())
  }
  return { ok: true, count: chain.count(), head: chain.head() }
}

/** A key is 32 bytes as 64 lowercase hex digits, as `farmops agent list --json` shows it. */
const keyPattern = /^[0-9a-f]{64}$/

// Below this a file is checked before a person could read the progress line.
const progressFrom = 10_000

/** Runs the command: `ok: N proofs, head HASH`, or the first bad line with exit 65. */
export const proofVerify = Effect.fn("proofVerify")(function* (options: {
  readonly file: string
  readonly key: string
}) {
  const printer = yield* Printer
  if (!keyPattern.test(options.key)) {
    return yield* new CommandFailed({
      code: "bad_key",
      detail: "--key takes an agent's public key, 64 lowercase hex digits.",
      cure: "`farmops agent list --json` shows it.",
      exitCode: exitCodes.usage
    })
  }
  let shown = 0
  const progress = (count: number) => {
    if (!process.stderr.isTTY || printer.json || count < progressFrom || count - shown < progressFrom) return
    shown = count
    process.stderr.write(`\r${count.toLocaleString("en")} proofs checked…`)
  }
  const verdict = yield* Effect.tryPromise({
    try: (signal) => verifyFile(options.file, options.key, progress, signal),
    catch: (error) =>
      new CommandFailed({
        code: "unreadable",
        detail: `${options.file} cannot be read: ${error instanceof Error && "code" in error ? error.code : "unknown"}.`,
        cure: null,
        exitCode: exitCodes.io
      })
  })
  if (shown > 0) yield* Effect.sync(() => void process.stderr.write("\r\x1b[K"))
  if (verdict.ok) {
    const head = verdict.head
    if (printer.json) return yield* printer.data({ ok: true, proofs: verdict.count, head: head?.hash ?? null })
    return yield* printer.line(
      `ok: ${verdict.count} ${verdict.count === 1 ? "proof" : "proofs"}, ${head === null ? "no head" : `head ${head.hash}`}`
    )
  }
  const { code, detail, path } = verdict.fault
  if (printer.json) yield* printer.data({ ok: false, line: verdict.line, code, path, detail, proofs: verdict.count })
  return yield* new CommandFailed({
    code,
    detail: `line ${verdict.line}: ${code} — ${detail}`,
    cure: null,
    exitCode: exitCodes.dataInvalid
  })
})
