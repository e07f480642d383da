/** `farmops tracker …`. */
import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Effect from "effect/Effect"
import type * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { type Invocation, root, withPrinter } from "./rootCommand.ts"
import { keyFlag } from "./sharedFlags.ts"

const db = Flag.String("db").pipe(
  Flag.withMetavar("URL"),
  Flag.withDescription("The tracker's database (tracker.db in the data directory)"),
  Flag.optional
)
const archives = Effect.promise(() => import("../trackerArchive.ts"))

/** The ledger of a tracker that does not run. */
export const trackerCommand = ({ cwd }: Invocation) => {
  const withLedger = <A, E, R>(
    run: (place: { readonly data: Option.Option<string>; readonly cwd: string }) => Effect.Effect<A, E, R>
  ) => Effect.flatMap(root, ({ data }) => withPrinter(run({ data, cwd })))
  return Command.make("tracker").pipe(
    Command.withDescription("Look after the tracker"),
    Command.withSubcommands([
      Command.make("replay", { db }, (flags) =>
        withLedger((place) =>
          Effect.flatMap(
            Effect.promise(() => import("../trackerReplay.ts")),
            ({ trackerReplay }) => trackerReplay({ ...flags, ...place })
          )
        )
      ).pipe(Command.withDescription("Score the stored proofs from nothing and compare with the farm")),
      Command.make(
        "audit",
        {
          db,
          level: Flag.Literals("level", ["full", "links"]).pipe(
            Flag.withDescription(
              "full verifies every signature; links every hash and one signature a key, much faster"
            ),
            Flag.withDefault("full")
          ),
          trackerKey: keyFlag("tracker-key", "The tracker's public key (that of tracker.key in the data directory)")
        },
        (flags) =>
          withLedger((place) =>
            Effect.flatMap(
              Effect.promise(() => import("../trackerAudit.ts")),
              ({ trackerAudit }) => trackerAudit({ ...flags, ...place })
            )
          )
      ).pipe(
        Command.withDescription("Check every stored byte of the ledger: lines, columns, chains, tree, checkpoints")
      ),
      Command.make(
        "archive",
        {
          db,
          before: Flag.String("before").pipe(
            Flag.withMetavar("SIZE|DATE"),
            Flag.withDescription("Archive up to this number of lines, or what was signed before this UTC day"),
            Flag.optional
          ),
          keep: Flag.Int("keep").pipe(
            Flag.withMetavar("N"),
            Flag.withDescription("Archive all but the newest N lines"),
            Flag.withSchema(Schema.Int.check(Schema.isGreaterThanOrEqualTo(0))),
            Flag.optional
          ),
          out: Flag.String("out").pipe(Flag.withMetavar("FILE"), Flag.withDescription("Where to; never written over"))
        },
        (flags) =>
          withLedger((place) => Effect.flatMap(archives, ({ archiveLedger }) => archiveLedger({ ...flags, ...place })))
      ).pipe(Command.withDescription("Move the ledger's beginning into a file that verifies alone")),
      Command.make("restore", { db, path: Argument.String("file") }, (flags) =>
        withLedger((place) => Effect.flatMap(archives, ({ restoreLedger }) => restoreLedger({ ...flags, ...place })))
      ).pipe(Command.withDescription("Bring an archive back into the ledger"))
    ])
  )
}
