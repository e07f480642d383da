/** `farmops agent rotate-key`, `recovery-key` and `recover`: an agent's key, the key that outranks it, and the way back from a theft. */

import { existsSync, readFileSync } from "node:fs"
import { resolve } from "node:path"
import { layerStoredChain } from "@farmops/agent/layer"
import { exitCodes } from "@farmops/core/host/exitCodes"
import { AgentKey } from "@farmops/proof/AgentKey"
import * as Ed25519Node from "@farmops/proof/Ed25519Node"
import { ProofChain } from "@farmops/proof/ProofChain"
import { ProofLog } from "@farmops/proof/ProofLog"
import { loadSigningKey } from "@farmops/proof/SigningKey"
import { Effect, Option, Schema } from "effect"
import { CommandFailed } from "./CommandFailed.ts"
import { FarmConnection, requestJson } from "./FarmConnection.ts"
import { Printer } from "./Printer.ts"

const RotatedAnswer = Schema.Struct({
  public_key: Schema.String,
  fingerprint: Schema.String,
  proof_id: Schema.String,
  sequence: Schema.Int
})

const unusable = (code: string, detail: string, cure: string | null = null) =>
  new CommandFailed({ code, detail, cure, exitCode: exitCodes.dataInvalid })

const readText = (path: string): string | undefined => (existsSync(path) ? readFileSync(path, "utf8") : undefined)

const readKey = (path: string) =>
  Effect.provide(loadSigningKey(path), Ed25519Node.layer).pipe(
    Effect.catchTag("KeyFileUnreadable", ({ message, reason }) =>
      Effect.fail(
        new CommandFailed({
          code: "key_file_unusable",
          detail: `${message}.`,
          cure: null,
          exitCode: reason === "permissions" ? exitCodes.noPermission : exitCodes.io
        })
      )
    )
  )

/** Runs `agent rotate-key` at a running agent: it makes the new key itself, so that no key travels. */
export const rotateKey = Effect.fn("rotateKey")(function* (options: { readonly agentUrl: Option.Option<string> }) {
  const printer = yield* Printer
  const farm = yield* FarmConnection
  const origin = Option.getOrElse(options.agentUrl, () => farm.agentUrl)
  if (origin === null) {
    return yield* new CommandFailed({
      code: "no_agent_url",
      detail: "a tracker named by its address does not say where its agents are.",
      cure: "Name the agent with --agent-url.",
      exitCode: exitCodes.usage
    })
  }
  const rotated = yield* requestJson("/api/v1/key/rotate", RotatedAnswer, { method: "POST", origin })
  if (printer.json) return yield* printer.data(rotated)
  yield* printer.line(`the agent signs with a new key from proof ${rotated.sequence + 1} on: ${rotated.fingerprint}`)
  yield* printer.note("the old key is gone; what it signed stays good")
})

/** Runs `agent recovery-key`: makes the key that can take an agent's chain back, in a file to be kept elsewhere. */
export const makeRecoveryKey = Effect.fn("makeRecoveryKey")(function* (options: {
  readonly file: string
  readonly cwd: string
}) {
  const printer = yield* Printer
  const path = resolve(options.cwd, options.file)
  if (existsSync(path)) {
    return yield* unusable("exists", `${options.file} exists already; nothing was changed.`, "Choose another name.")
  }
  const key = yield* readKey(path)
  if (printer.json) return yield* printer.data({ file: path, public_key: key.publicKey, fingerprint: key.fingerprint })
  yield* printer.line(key.publicKey)
  yield* printer.note(`the secret half is in ${options.file}: move it to a place that the agent cannot reach`)
  yield* printer.note(
    "give this public half to a new agent: recovery_public_key in agent.yaml, or up --recovery-public-key"
  )
})

/** Runs `agent recover` on the data folder of an agent that is stopped. */
export const recoverAgent = Effect.fn("recoverAgent")(function* (options: {
  readonly keyDir: string
  readonly recoveryKey: string
  readonly after: Option.Option<number>
  readonly alias: string
  readonly cwd: string
}) {
  const printer = yield* Printer
  const keyFile = resolve(options.cwd, options.recoveryKey)
  if (!existsSync(keyFile)) return yield* unusable("no_recovery_key", `there is no file ${options.recoveryKey}.`)
  const recoveryKey = yield* readKey(keyFile)
  // With another key the chain would be cut and no tracker would ever take it again.
  const kept = readText(resolve(options.cwd, options.keyDir, "recovery.pub"))?.trim()
  if (kept === undefined) {
    return yield* unusable("no_recovery", `the agent in ${options.keyDir} enrolled without a recovery key.`)
  }
  if (kept !== recoveryKey.publicKey) {
    return yield* unusable(
      "other_recovery_key",
      `${options.recoveryKey} is not the recovery key that this agent enrolled with.`
    )
  }
  const recovered = Effect.gen(function* () {
    const chain = yield* ProofChain
    const log = yield* ProofLog
    const key = yield* AgentKey
    const last = (yield* chain.head)?.sequence ?? -1
    // What the tracker has taken from this very log was signed here: as far as that, the chain is the agent's own.
    const base = Option.isSome(options.after) ? options.after.value : yield* log.deliveredThrough
    const receipt = yield* chain.recover(options.alias, recoveryKey, base)
    return {
      ...receipt,
      public_key: key.publicKey,
      fingerprint: key.fingerprint,
      removed: last - base,
      agent: key.agentId
    }
  })
  const { agent, fingerprint, proofId, public_key, removed, sequence } = yield* recovered.pipe(
    Effect.provide(layerStoredChain(resolve(options.cwd, options.keyDir))),
    Effect.scoped,
    Effect.catchTags({
      ChainForked: ({ expected }) =>
        Effect.fail(
          new CommandFailed({
            code: "no_such_proof",
            detail: `the chain has ${expected} proofs, so --after takes a number from -1 to ${expected - 1}.`,
            cure: null,
            exitCode: exitCodes.usage
          })
        ),
      ChainOfAnotherAgent: () =>
        Effect.fail(unusable("key_lost", "the proofs there were signed by another key than the one beside them.")),
      ObservationAlreadyProved: Effect.die,
      RecoveryKeyUnfit: () => Effect.fail(unusable("other_recovery_key", "that is the agent's own key.")),
      WorkRefused: ({ message }) => Effect.fail(unusable("work_refused", `${message}.`))
    })
  )
  if (printer.json) {
    return yield* printer.data({ agent_id: agent, public_key, fingerprint, proof_id: proofId, sequence, removed })
  }
  yield* printer.line(`${agent} is back: from proof ${sequence + 1} on it signs with ${fingerprint}`)
  if (removed > 0) yield* printer.note(`${removed} later proofs left the chain; the agent proves their work again`)
  yield* printer.note("start the agent: it delivers the recovery first, and the tracker voids what a thief signed")
})
