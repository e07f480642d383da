/** `farmops proof export`: one agent's chain as JSON Lines, each line the very bytes that were signed and sent. */

import { open, rename, rm } from "node:fs/promises"
import { resolve } from "node:path"
import { exitCodes } from "@farmops/core/host/exitCodes"
import * as Effect from "effect/Effect"
import type * as Option from "effect/Option"
import { pickAgent } from "./agents.ts"
import { CommandFailed } from "./CommandFailed.ts"
import { fetchAnchor, verifyCommand } from "./chainAnchor.ts"
import { request } from "./FarmConnection.ts"
import { Printer } from "./Printer.ts"

const unwritable = (out: string, error: unknown) =>
  new CommandFailed({
    code: "unwritable",
    detail: `${out} cannot be written: ${error instanceof Error && "code" in error ? error.code : "unknown"}.`,
    cure: null,
    exitCode: exitCodes.io
  })

const brokeOff = new CommandFailed({
  code: "unreachable",
  detail: "the tracker's answer broke off; nothing was written.",
  cure: "Try again.",
  exitCode: exitCodes.unavailable
})

/** Copies the body to a draft beside the target and renames it only when it is whole and on disk. Answers with the number of lines. */
const writeWhole = async (
  body: ReadableStream<Uint8Array> | null,
  out: string,
  signal: AbortSignal
): Promise<number> => {
  const draft = `${out}.${process.pid}.part`
  const file = await open(draft, "w", 0o644).catch((error) => Promise.reject(unwritable(out, error)))
  try {
    let lines = 0
    let last = 10
    try {
      for await (const chunk of body ?? []) {
        signal.throwIfAborted()
        for (const byte of chunk) if (byte === 10) lines++
        last = chunk.at(-1) ?? last
        await file.writeFile(chunk).catch((error) => Promise.reject(unwritable(out, error)))
      }
    } catch (error) {
      throw error instanceof CommandFailed ? error : brokeOff
    }
    // The tracker ends each line; an answer that does not was cut.
    if (last !== 10) throw brokeOff
    await file.sync()
    await file.close()
    await rename(draft, out).catch((error) => Promise.reject(unwritable(out, error)))
    return lines
  } catch (error) {
    await file.close().catch(() => {})
    await rm(draft, { force: true })
    throw error
  }
}

/** Runs the command. Refuses to guess between several agents: a file holds one chain. */
export const proofExport = Effect.fn("proofExport")(function* (options: {
  readonly out: string
  readonly agent: Option.Option<string>
  readonly cwd: string
}) {
  const printer = yield* Printer
  const agent = yield* pickAgent(options.agent)
  const response = yield* request(`/api/v1/proofs/export?agent_id=${encodeURIComponent(agent.agent_id)}`)
  const out = resolve(options.cwd, options.out)
  const proofs = yield* Effect.tryPromise({
    try: (signal) => writeWhole(response.body, out, signal),
    catch: (error) => (error instanceof CommandFailed ? error : unwritable(out, error))
  })
  const anchor = yield* fetchAnchor(agent.agent_id, agent.public_key)
  if (printer.json) {
    const keys = { public_key: anchor.publicKey, recovery_key: anchor.recoveryKey }
    return yield* printer.data({ file: out, proofs, agent_id: agent.agent_id, ...keys })
  }
  yield* printer.line(`${proofs} ${proofs === 1 ? "proof" : "proofs"} written to ${options.out}`)
  yield* printer.note(`verify it yourself: ${verifyCommand(options.out, anchor)}`)
})
