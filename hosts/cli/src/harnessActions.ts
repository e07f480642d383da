/** `farmops harness approve`, `undo` and `verify`: a person's yes, a person's no, and whether the log is what it was. */
import { existsSync } from "node:fs"
import { join } from "node:path"
import { NodeServices } from "@effect/platform-node"
import { exitCodes } from "@farmops/core/host/exitCodes"
import { dataFolderOf, layerReads, layerUndo } from "@farmops/harness/layer"
import { AgentKey } from "@farmops/proof/AgentKey"
import * as Ed25519Node from "@farmops/proof/Ed25519Node"
import * as ProofLogSql from "@farmops/proof/ProofLogSql"
import { ActionExecutor } from "@farmops/triage/ActionExecutor"
import { layerWordGuard } from "@farmops/triage/layerWordGuard"
import { type DecisionFault, type VerifiedDecisions, verifyDecisions } from "@farmops/triage/proofs/verifyDecisions"
import { approveProposal } from "@farmops/triage/review/approve"
import { IssueFacts } from "@farmops/triage/work/IssueFacts"
import { Effect, Layer, Option } from "effect"
import { CommandFailed } from "./CommandFailed.ts"
import { orCommandFailed } from "./harnessFailure.ts"
import {
  type HarnessFile,
  type HarnessPlace,
  layerMemory,
  loadHarnessFile,
  routedRepositories
} from "./harnessPlace.ts"
import { Printer } from "./Printer.ts"

/** Runs `harness approve KEY`. */
export const harnessApprove = Effect.fn("harnessApprove")(
  function* (options: HarnessPlace & { readonly key: string }) {
    const printer = yield* Printer
    const file = yield* loadHarnessFile(options)
    const rules = routedRepositories(file).map((one) => one.rules)
    const task = yield* approveProposal(options.key, rules).pipe(
      Effect.provide(IssueFacts.layer.pipe(Layer.provideMerge(Layer.merge(layerMemory(file), layerReads(file))))),
      Effect.provide(layerWordGuard),
      Effect.catchTags({
        ProposalUnknown: ({ message }) =>
          Effect.fail(
            new CommandFailed({
              code: "proposal_unknown",
              detail: `${message}.`,
              cure: "`farmops harness status` lists what waits.",
              exitCode: exitCodes.usage
            })
          ),
        ProposalDenied: ({ message }) =>
          Effect.fail(
            new CommandFailed({
              code: "proposal_denied",
              detail: `${message}.`,
              cure: null,
              exitCode: exitCodes.noPermission
            })
          )
      })
    )
    yield* printer.json
      ? printer.data({ ok: true, key: options.key, task })
      : printer.line("agreed; the harness does it within seconds, unless the issue has changed since")
  },
  orCommandFailed,
  Effect.provide(NodeServices.layer)
)

/** Runs `harness undo --batch NAME`. */
export const harnessUndo = Effect.fn("harnessUndo")(
  function* (options: HarnessPlace & { readonly batch: string }) {
    const printer = yield* Printer
    const file = yield* loadHarnessFile(options)
    const { left, undone } = yield* Effect.flatMap(ActionExecutor, (executor) => executor.undo(options.batch)).pipe(
      Effect.provide(layerUndo.pipe(Layer.provideMerge(Layer.merge(layerMemory(file), layerReads(file)))))
    )
    if (printer.json) yield* printer.data({ ok: left.length === 0, undone, left })
    else {
      yield* printer.line(
        undone === 0 && left.length === 0 ? "nothing of this batch is there to be undone" : `${undone} undone`
      )
      for (const { key, reason } of left) yield* printer.line(`  left: ${key} (${reason})`)
    }
    if (left.length > 0) {
      return yield* new CommandFailed({
        code: "not_all_undone",
        detail: `${left.length} of the batch's actions could not be undone.`,
        cure: "Run it again later; what was undone stays so.",
        exitCode: exitCodes.unavailable
      })
    }
  },
  orCommandFailed,
  Effect.provide(NodeServices.layer)
)

/** The key with which the harness's chain began. A harness that never ran has none, and none is made. */
const chainKey = Effect.fnUntraced(function* (file: HarnessFile, given: Option.Option<string>) {
  if (Option.isSome(given)) return given.value
  if (!existsSync(join(dataFolderOf(file), "agent.key"))) {
    return yield* new CommandFailed({
      code: "no_key",
      detail: `there is no key in ${dataFolderOf(file)}.`,
      cure: "Name the key that the chain began with: --public-key HEX",
      exitCode: exitCodes.unavailable
    })
  }
  return yield* Effect.map(AgentKey, ({ publicKey }) => publicKey).pipe(
    Effect.provide(AgentKey.layerFile(dataFolderOf(file)).pipe(Layer.provide(Ed25519Node.layer))),
    Effect.mapError(
      () =>
        new CommandFailed({
          code: "key_unreadable",
          detail: `the key in ${dataFolderOf(file)} cannot be read.`,
          cure: null,
          exitCode: exitCodes.io
        })
    )
  )
})

const faultText = ({ fault, logId, taskId }: DecisionFault): string => {
  const what = logId === null ? "a decision that is gone" : `decision ${logId}`
  return fault === "stray"
    ? `  stray: ${logId === null ? `actions of the task ${taskId}, which no decision has` : `row ${logId} of the log, without a decision`}`
    : `  ${fault}: ${what} (task ${taskId})`
}

const verdictText = ({ faults, ok }: VerifiedDecisions): string => {
  if (!ok) return "the log is NOT what was proved"
  return faults.length === 0
    ? "the log is what was proved"
    : `what was proved is as it was; ${faults.length} without a proof yet`
}

/** Runs `harness verify`. Reads only; ends with 65 where the log is not what was proved. */
export const harnessVerify = Effect.fn("harnessVerify")(
  function* (options: HarnessPlace & { readonly publicKey: Option.Option<string> }) {
    const printer = yield* Printer
    const file = yield* loadHarnessFile(options)
    const publicKey = yield* chainKey(file, options.publicKey)
    const verified = yield* verifyDecisions(publicKey).pipe(
      Effect.provide(ProofLogSql.layer.pipe(Layer.provideMerge(layerMemory(file)))),
      Effect.catchTag("ProofLogUnavailable", () =>
        Effect.fail(
          new CommandFailed({
            code: "store_unavailable",
            detail: "the chain cannot be read.",
            cure: null,
            exitCode: exitCodes.io
          })
        )
      )
    )
    const { chainFault, decisions, faults, ok, proofs } = verified
    if (printer.json) yield* printer.data(verified)
    else {
      yield* printer.line(`${decisions} decisions, ${proofs} proofs: ${verdictText(verified)}`)
      if (chainFault !== null) yield* printer.line(`  the chain itself does not hold: ${chainFault}`)
      for (const fault of faults) yield* printer.line(faultText(fault))
    }
    if (!ok) {
      return yield* new CommandFailed({
        code: "log_rewritten",
        detail: "the log is not what was proved.",
        cure: null,
        exitCode: exitCodes.dataInvalid
      })
    }
  },
  orCommandFailed,
  Effect.provide(NodeServices.layer)
)
