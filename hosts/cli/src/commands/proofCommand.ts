/** `farmops proof …`. */

import { categories, outcomeStatuses } from "@farmops/proof/vocabulary"
import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { type Invocation, withFarm, withPrinter } from "./rootCommand.ts"
import { agent, keyFlag } from "./sharedFlags.ts"

const proofs = Effect.promise(() => import("../proofs.ts"))

const only = <const Words extends ReadonlyArray<string>>(name: string, words: Words) =>
  Flag.Literals(name, words).pipe(Flag.withDescription(`Only of this ${name}`), Flag.optional)

const farmDay = (name: string, what: string) =>
  Flag.String(name).pipe(
    Flag.withMetavar("YYYY-MM-DD"),
    Flag.withDescription(what),
    Flag.withSchema(Schema.String.check(Schema.isPattern(/^\d{4}-\d{2}-\d{2}$/, { message: "expected YYYY-MM-DD" }))),
    Flag.optional
  )

/** Proofs: listed, shown, checked, taken away. */
export const proofCommand = (invocation: Invocation) => {
  const onFarm = withFarm(invocation)
  return Command.make("proof").pipe(
    Command.withDescription("Look at proofs, take them away, check them"),
    Command.withSubcommands([
      Command.make(
        "list",
        {
          limit: Flag.Int("limit").pipe(
            Flag.withDescription("How many, newest first"),
            Flag.withSchema(Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 1000 }))),
            Flag.withDefault(20)
          ),
          agent,
          category: only("category", categories),
          board: only("board", ["human", "bot"]),
          status: only("status", outcomeStatuses),
          plugin: Flag.String("plugin").pipe(
            Flag.withMetavar("ID"),
            Flag.withDescription("Only of this plugin"),
            Flag.optional
          ),
          from: farmDay("from", "Only from this farm-day on"),
          to: farmDay("to", "Only up to this farm-day")
        },
        (flags) => onFarm(Effect.flatMap(proofs, ({ listProofs }) => listProofs(flags)))
      ).pipe(Command.withDescription("The newest proofs and what each was worth")),
      Command.make("show", { id: Argument.String("id") }, ({ id }) =>
        onFarm(Effect.flatMap(proofs, ({ showProof }) => showProof(id)))
      ).pipe(Command.withDescription("One proof and every factor of its reward")),
      Command.make(
        "verify",
        {
          file: Argument.String("file").pipe(
            Argument.withDescription(
              "A chain as `proof export` writes it, one proof, a proof bundle, an archive or fork evidence; - reads stdin"
            )
          ),
          key: keyFlag("key", "The agent's public key, as it enrolled"),
          recoveryKey: keyFlag("recovery-key", "The agent's recovery key, if it enrolled with one"),
          trackerKey: keyFlag("tracker-key", "The tracker's public key, for what a tracker signed"),
          trackerRotations: Flag.String("tracker-rotations").pipe(
            Flag.withMetavar("FILE"),
            Flag.withDescription("As `tracker keys --out` writes it: then any key that the tracker had will do"),
            Flag.optional
          )
        },
        ({ file, key, recoveryKey, trackerKey, trackerRotations }) =>
          withPrinter(
            Effect.flatMap(
              Effect.promise(() => import("../proofVerify.ts")),
              ({ proofVerify }) =>
                proofVerify({
                  file,
                  key: Option.getOrUndefined(key),
                  recoveryKey: Option.getOrUndefined(recoveryKey),
                  trackerKey: Option.getOrUndefined(trackerKey),
                  trackerRotations: Option.getOrUndefined(trackerRotations)
                })
            )
          )
      ).pipe(Command.withDescription("Check a file with keys that you know. Needs no server")),
      Command.make(
        "export",
        {
          out: Flag.String("out").pipe(Flag.withMetavar("FILE"), Flag.withDescription("Where to write the chain")),
          agent
        },
        (flags) =>
          onFarm(
            Effect.flatMap(
              Effect.promise(() => import("../proofExport.ts")),
              ({ proofExport }) => proofExport({ ...flags, cwd: invocation.cwd })
            )
          )
      ).pipe(Command.withDescription("Write one agent's chain to a file, each proof exactly as it travels")),
      Command.make(
        "bundle",
        {
          id: Argument.String("id"),
          out: Flag.String("out").pipe(
            Flag.withMetavar("FILE"),
            Flag.withDescription("Where to write it (stdout)"),
            Flag.optional
          )
        },
        (flags) =>
          onFarm(
            Effect.flatMap(
              Effect.promise(() => import("../proofBundle.ts")),
              ({ proofBundle }) => proofBundle({ ...flags, cwd: invocation.cwd })
            )
          )
      ).pipe(Command.withDescription("One proof with its path to a signed checkpoint: a file that verifies offline"))
    ])
  )
}
