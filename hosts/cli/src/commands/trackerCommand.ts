/** `farmops tracker …`. */
import { resolve } from "node:path"
import { looksLikeBackup } from "@farmops/core/farm/backup/looksLikeBackup"
import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import type { LedgerPlaceOptions } from "../openLedger.ts"
import { type Invocation, root, withFarm, withPrinter } from "./rootCommand.ts"
import { keyFlag } from "./sharedFlags.ts"

const db = Flag.String("db").pipe(
  Flag.withMetavar("URL"),
  Flag.withDescription("The tracker's database (tracker.db in the data directory)"),
  Flag.optional
)
const full = Flag.Boolean("full").pipe(
  Flag.withDescription("Begin at the first line, not at the newest one whose sums were kept, and compare those too"),
  Flag.withDefault(false)
)
const archives = Effect.promise(() => import("../trackerArchive.ts"))
const backups = Effect.promise(() => import("../trackerBackup.ts"))
const trackerKeys = Effect.promise(() => import("../trackerKeys.ts"))
const trackerToken = Effect.promise(() => import("../trackerToken.ts"))
const trackerRules = Effect.promise(() => import("../trackerRules.ts"))
const timeZones = Effect.promise(() => import("../trackerTimeZone.ts"))
const seasons = Effect.promise(() => import("../trackerSeasons.ts"))
const restore = Effect.fnUntraced(function* (options: LedgerPlaceOptions & { readonly path: string }) {
  const kind = looksLikeBackup(resolve(options.cwd, options.path))
  if (kind !== null) return yield* (yield* backups).restoreTracker({ ...options, kind })
  return yield* (yield* archives).restoreLedger(options)
})
const rulesFile = { file: Argument.String("file") }

/** The ledger of a tracker that does not run. */
export const trackerCommand = (invocation: Invocation) => {
  const { cwd } = invocation
  const onFarm = withFarm(invocation)
  const withLedger = <A, E, R>(
    run: (place: { readonly data: Option.Option<string>; readonly cwd: string }) => Effect.Effect<A, E, R>
  ) => Effect.flatMap(root, ({ data }) => withPrinter(run({ data, cwd })))
  return Command.make("tracker").pipe(
    Command.withDescription("Look after the tracker"),
    Command.withSubcommands([
      Command.make("replay", { db, full }, (flags) =>
        withLedger((place) =>
          Effect.flatMap(
            Effect.promise(() => import("../trackerReplay.ts")),
            ({ trackerReplay }) => trackerReplay({ ...flags, ...place })
          )
        )
      ).pipe(Command.withDescription("Score the stored proofs again and compare with the farm")),
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
      Command.make(
        "check",
        {
          db,
          repair: Flag.Boolean("repair").pipe(
            Flag.withDescription("Write anew the sums, rewards and marks that a replay gives, after a backup"),
            Flag.withDefault(false)
          ),
          saved: Flag.Boolean("saved").pipe(
            Flag.withDescription("PostgreSQL: a backup was made, so that --repair may write"),
            Flag.withDefault(false)
          )
        },
        (flags) =>
          withLedger((place) =>
            Effect.flatMap(
              Effect.promise(() => import("../trackerCheck.ts")),
              ({ trackerCheck }) => trackerCheck({ ...flags, ...place })
            )
          )
      ).pipe(Command.withDescription("Look for damage in pages, tables and lines, and say what cures it")),
      Command.make("backup", { db, path: Argument.String("file") }, (flags) =>
        withLedger((place) => Effect.flatMap(backups, ({ backupTracker }) => backupTracker({ ...flags, ...place })))
      ).pipe(Command.withDescription("Save the whole tracker, its keys too, to one file while it serves")),
      Command.make("restore", { db, path: Argument.String("file") }, (flags) =>
        withLedger((place) => restore({ ...flags, ...place }))
      ).pipe(Command.withDescription("Bring a backup back to an empty folder, or an archive back into the ledger")),
      Command.make(
        "migrate",
        {
          from: Flag.String("from").pipe(
            Flag.withMetavar("URL"),
            Flag.withDescription("The ledger as it is, of a tracker that was stopped")
          ),
          to: Flag.String("to").pipe(
            Flag.withMetavar("URL"),
            Flag.withDescription("An empty database: postgres://… or sqlite://…")
          )
        },
        (flags) =>
          withLedger((place) =>
            Effect.flatMap(
              Effect.promise(() => import("../trackerMigrate.ts")),
              ({ migrateTracker }) => migrateTracker({ ...flags, ...place })
            )
          )
      ).pipe(Command.withDescription("Move a ledger to another database, whole and shown to be equal, or not at all")),
      Command.make("rotate-key", { db }, (flags) =>
        Effect.flatMap(root, ({ trackerUrl }) =>
          Option.isSome(trackerUrl)
            ? onFarm(Effect.flatMap(trackerKeys, ({ rotateKeyAt }) => rotateKeyAt()))
            : withLedger((place) =>
                Effect.flatMap(trackerKeys, ({ rotateOwnKey }) => rotateOwnKey({ ...flags, ...place }))
              )
        )
      ).pipe(Command.withDescription("Let the tracker sign with a fresh key; what it signed stays good")),
      Command.make("token").pipe(
        Command.withDescription("The owner's token"),
        Command.withSubcommands([
          Command.make("rotate", { db }, (flags) =>
            Effect.flatMap(root, ({ trackerUrl }) =>
              Option.isSome(trackerUrl)
                ? onFarm(Effect.flatMap(trackerToken, ({ rotateTokenAt }) => rotateTokenAt()))
                : withLedger((place) =>
                    Effect.flatMap(trackerToken, ({ rotateOwnToken }) => rotateOwnToken({ ...flags, ...place }))
                  )
            )
          ).pipe(Command.withDescription("A fresh one, shown once; the one before opens nothing from then on"))
        ])
      ),
      Command.make("tls").pipe(
        Command.withDescription("Certificates for a tracker beyond this machine"),
        Command.withSubcommands([
          Command.make(
            "new",
            {
              host: Flag.String("host").pipe(
                Flag.withMetavar("NAME"),
                Flag.withDescription("A host name or address under which the tracker is reached; may be repeated"),
                Flag.atLeast(1)
              ),
              out: Flag.String("out").pipe(
                Flag.withMetavar("DIR"),
                Flag.withDescription("Where to write tls.crt and tls.key; never written over"),
                Flag.withDefault("tls")
              )
            },
            (flags) =>
              withPrinter(
                Effect.flatMap(
                  Effect.promise(() => import("../trackerTls.ts")),
                  ({ newCertificate }) => newCertificate({ ...flags, cwd })
                )
              )
          ).pipe(Command.withDescription("A certificate that is its own authority, for a trial"))
        ])
      ),
      Command.make("rules").pipe(
        Command.withDescription("By what the farm pays"),
        Command.withSubcommands([
          Command.make("show", {}, () => onFarm(Effect.flatMap(trackerRules, ({ showRules }) => showRules()))).pipe(
            Command.withDescription("Every setting of the rules in force")
          ),
          Command.make("check", rulesFile, (flags) =>
            withPrinter(Effect.flatMap(trackerRules, ({ checkRules }) => checkRules({ ...flags, cwd })))
          ).pipe(Command.withDescription("Read a file of rules and tell every fault in it")),
          Command.make("set", rulesFile, (flags) =>
            onFarm(Effect.flatMap(trackerRules, ({ setRules }) => setRules({ ...flags, cwd })))
          ).pipe(Command.withDescription("Pay by a file of rules from now on; what was paid stays paid"))
        ])
      ),
      Command.make("time-zone").pipe(
        Command.withDescription("In which zone the farm counts its days"),
        Command.withSubcommands([
          Command.make("show", {}, () => onFarm(Effect.flatMap(timeZones, ({ showTimeZone }) => showTimeZone()))).pipe(
            Command.withDescription("The zone of today, and the next one where one was decided on")
          ),
          Command.make("set", { zone: Argument.String("zone") }, (flags) =>
            onFarm(Effect.flatMap(timeZones, ({ setTimeZone }) => setTimeZone(flags)))
          ).pipe(Command.withDescription("Count days in another zone, once the present farm-day is over"))
        ])
      ),
      Command.make("season").pipe(
        Command.withDescription("What was earned in each season"),
        Command.withSubcommands([
          Command.make("show", {}, () => onFarm(Effect.flatMap(seasons, ({ showSeasons }) => showSeasons()))).pipe(
            Command.withDescription("Coins, paid proofs and farm-days of each season")
          ),
          Command.make(
            "open",
            {
              season: Argument.String("season"),
              name: Flag.String("name").pipe(Flag.withDescription("What people read")),
              ends: Flag.String("ends").pipe(
                Flag.withMetavar("TIME"),
                Flag.withDescription("When it is over, such as 2026-07-01T00:00:00Z (when the next one is opened)"),
                Flag.optional
              )
            },
            (flags) => onFarm(Effect.flatMap(seasons, ({ openSeason }) => openSeason(flags)))
          ).pipe(Command.withDescription("Open a season; the one before keeps its sums, and no coin changes"))
        ])
      ),
      Command.make(
        "keys",
        {
          out: Flag.String("out").pipe(
            Flag.withMetavar("FILE"),
            Flag.withDescription("Where to write the rotations, for `proof verify --tracker-rotations`"),
            Flag.optional
          )
        },
        (flags) => onFarm(Effect.flatMap(trackerKeys, ({ listTrackerKeys }) => listTrackerKeys({ ...flags, cwd })))
      ).pipe(Command.withDescription("The tracker's public key, and how it came to be the one in force"))
    ])
  )
}
