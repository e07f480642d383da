/** The `farmops` command's words: its verbs, flags and help. What a verb does is loaded only when it is used. */

import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { FarmConnection } from "./FarmConnection.ts"
import { Printer } from "./Printer.ts"

const json = Flag.Boolean("json").pipe(
  Flag.withDescription("Print JSON on stdout, and errors as JSON on stderr"),
  Flag.withDefault(false)
)
const data = Flag.String("data").pipe(
  Flag.withMetavar("DIR"),
  Flag.withDescription("The farm's data directory (the nearest .farmops)"),
  Flag.optional
)
const trackerUrl = Flag.String("tracker-url").pipe(
  Flag.withMetavar("URL"),
  Flag.withDescription(
    "Talk to this tracker instead of the farm that runs here; FARMOPS_OWNER_TOKEN makes you its owner"
  ),
  Flag.optional
)
const agent = Flag.String("agent").pipe(
  Flag.withMetavar("ID"),
  Flag.withDescription("Whose chain, where there are several agents"),
  Flag.optional
)

const keyFlag = (name: string, what: string) =>
  Flag.String(name).pipe(Flag.withMetavar("HEX"), Flag.withDescription(what), Flag.optional)

const recoveryPublicKey = Flag.String("recovery-public-key").pipe(
  Flag.withMetavar("HEX"),
  Flag.withDescription(
    "A new agent's recovery key, as `agent recovery-key` printed it; it is fixed when the agent enrols"
  ),
  Flag.withSchema(
    Schema.String.check(Schema.isPattern(/^[0-9a-f]{64}$/, { message: "expected 64 lowercase hex digits" }))
  ),
  Flag.optional
)

/** The process's own facts, read once at the edge. */
export interface Invocation {
  readonly cwd: string
  readonly ownerToken: string | undefined
  /** What a plugin that listens already expects of its callers. */
  readonly pluginToken: string | undefined
  readonly version: string
}

const portBase = Flag.Int("port-base").pipe(
  Flag.withMetavar("N"),
  Flag.withDescription("Tracker on N, agent on N+1, gRPC on N+2, village on N+3; 0 lets the system choose"),
  Flag.withSchema(Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 65_532 }))),
  Flag.optional
)

/** Builds the command for one invocation. Commands that only print need no more than the connection and the printer. */
export const makeFarmopsCommand = (invocation: Invocation) => {
  const root = Command.make("farmops").pipe(
    Command.withSharedFlags({ json, data, trackerUrl }),
    Command.withDescription("Turns verified work into signed proofs, and proofs into a farm")
  )

  const withPrinter = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
    Effect.flatMap(root, (shared) => Effect.provide(effect, Printer.layerProcess({ json: shared.json })))
  const withFarm = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
    Effect.flatMap(root, (shared) =>
      withPrinter(
        Effect.provide(
          effect,
          FarmConnection.layer({
            data: shared.data,
            trackerUrl: shared.trackerUrl,
            ownerToken: invocation.ownerToken,
            cwd: invocation.cwd
          })
        )
      )
    )

  const up = Command.make(
    "up",
    {
      repo: Flag.String("repo").pipe(
        Flag.withMetavar("PATH"),
        Flag.withDescription("The git repository whose work grows the farm (the current folder)"),
        Flag.optional
      ),
      portBase,
      recoveryPublicKey,
      sample: Flag.Boolean("sample").pipe(
        Flag.withDescription("Grow the farm from a small sample repository made for the purpose"),
        Flag.withDefault(false)
      ),
      name: Flag.String("name").pipe(Flag.withMetavar("NAME"), Flag.withDescription("The farm's name"), Flag.optional),
      village: Flag.Boolean("village").pipe(
        Flag.withDescription("Run a village too, with your farm in it"),
        Flag.withDefault(true)
      )
    },
    (flags) =>
      Effect.flatMap(root, (shared) =>
        withPrinter(
          Effect.flatMap(
            Effect.promise(() => import("./up/up.ts")),
            ({ up }) => up({ ...flags, ...invocation, data: shared.data })
          )
        )
      )
  ).pipe(
    Command.withDescription("Run a whole farm here: agent, tracker and village in one process"),
    Command.withExamples([
      { command: "farmops up", description: "Grow a farm from this repository's last 90 days" },
      { command: "farmops up --repo ~/src/app --port-base 9000", description: "Another repository, other ports" }
    ])
  )

  const farm = Command.make(
    "farm",
    {
      watch: Flag.Boolean("watch").pipe(
        Flag.withDescription("Draw again whenever the farm changes, until Ctrl-C"),
        Flag.withDefault(false)
      )
    },
    (flags) =>
      withFarm(
        Effect.flatMap(
          Effect.promise(() => import("./farm.ts")),
          ({ showFarm }) => showFarm(flags)
        )
      )
  ).pipe(Command.withDescription("Draw the farm"))

  const proofs = Effect.promise(() => import("./proofs.ts"))
  const proof = Command.make("proof").pipe(
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
          agent
        },
        (flags) => withFarm(Effect.flatMap(proofs, ({ listProofs }) => listProofs(flags)))
      ).pipe(Command.withDescription("The newest proofs and what each was worth")),
      Command.make("show", { id: Argument.String("id") }, ({ id }) =>
        withFarm(Effect.flatMap(proofs, ({ showProof }) => showProof(id)))
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
          trackerKey: keyFlag("tracker-key", "The tracker's public key, for what a tracker signed")
        },
        ({ file, key, recoveryKey, trackerKey }) =>
          withPrinter(
            Effect.flatMap(
              Effect.promise(() => import("./proofVerify.ts")),
              ({ proofVerify }) =>
                proofVerify({
                  file,
                  key: Option.getOrUndefined(key),
                  recoveryKey: Option.getOrUndefined(recoveryKey),
                  trackerKey: Option.getOrUndefined(trackerKey)
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
          withFarm(
            Effect.flatMap(
              Effect.promise(() => import("./proofExport.ts")),
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
          withFarm(
            Effect.flatMap(
              Effect.promise(() => import("./proofBundle.ts")),
              ({ proofBundle }) => proofBundle({ ...flags, cwd: invocation.cwd })
            )
          )
      ).pipe(Command.withDescription("One proof with its path to a signed checkpoint: a file that verifies offline"))
    ])
  )

  const agents = Effect.promise(() => import("./agents.ts"))
  const agentId = Argument.String("id").pipe(Argument.withDescription("The agent's id, or enough of its beginning"))
  const agentKeys = Effect.promise(() => import("./agentKeys.ts"))
  const agentTrust = Effect.promise(() => import("./agentTrust.ts"))
  const agentCommand = Command.make("agent").pipe(
    Command.withDescription("Decide whose proofs count"),
    Command.withSubcommands([
      Command.make("list", {}, () => withFarm(Effect.flatMap(agents, ({ listAgents }) => listAgents))).pipe(
        Command.withDescription("Every agent that asked, with its key and status")
      ),
      Command.make(
        "enroll",
        {
          keyDir: Flag.String("key-dir").pipe(
            Flag.withMetavar("DIR"),
            Flag.withDescription("Where the agent keeps its key; made when absent")
          ),
          alias: Flag.String("alias").pipe(
            Flag.withDescription("The label its proofs carry; never a host name"),
            Flag.withDefault("local")
          ),
          recoveryPublicKey
        },
        (flags) => withFarm(Effect.flatMap(agents, ({ enrollAgent }) => enrollAgent({ ...flags, cwd: invocation.cwd })))
      ).pipe(Command.withDescription("Ask the tracker to take an agent; it still needs approval")),
      Command.make(
        "rotate-key",
        {
          agentUrl: Flag.String("agent-url").pipe(
            Flag.withMetavar("URL"),
            Flag.withDescription("The agent's own address (the agent of the farm that runs here)"),
            Flag.optional
          )
        },
        (flags) => withFarm(Effect.flatMap(agentKeys, ({ rotateKey }) => rotateKey(flags)))
      ).pipe(Command.withDescription("Let a running agent sign with a fresh key; what it signed stays good")),
      Command.make("recovery-key", { file: Argument.String("file") }, ({ file }) =>
        withPrinter(Effect.flatMap(agentKeys, ({ makeRecoveryKey }) => makeRecoveryKey({ file, cwd: invocation.cwd })))
      ).pipe(Command.withDescription("Make a key that can take a new agent's chain back after a theft")),
      Command.make(
        "recover",
        {
          keyDir: Flag.String("key-dir").pipe(
            Flag.withMetavar("DIR"),
            Flag.withDescription("The stopped agent's data folder (`up` keeps its agent in .farmops/agent)")
          ),
          recoveryKey: Flag.String("recovery-key").pipe(
            Flag.withMetavar("FILE"),
            Flag.withDescription("The file that `agent recovery-key` made")
          ),
          after: Flag.Int("after").pipe(
            Flag.withMetavar("SEQUENCE"),
            Flag.withDescription("The last proof to keep, -1 for none (the last that was delivered)"),
            Flag.optional
          ),
          alias: Flag.String("alias").pipe(
            Flag.withDescription("The label that the record carries; never a host name"),
            Flag.withDefault("local")
          )
        },
        (flags) =>
          withPrinter(Effect.flatMap(agentKeys, ({ recoverAgent }) => recoverAgent({ ...flags, cwd: invocation.cwd })))
      ).pipe(Command.withDescription("Take an agent's chain back with its recovery key")),
      Command.make("approve", { id: agentId }, ({ id }) =>
        withFarm(Effect.flatMap(agents, ({ approveAgent }) => approveAgent(id)))
      ).pipe(Command.withDescription("Let an agent's proofs count, also after it was frozen for a fork")),
      Command.make(
        "revoke",
        {
          id: agentId,
          lastTrusted: Flag.String("last-trusted").pipe(
            Flag.withMetavar("SEQ:HASH"),
            Flag.withDescription("The last proof to trust; later ones are void (the last that was received)"),
            Flag.optional
          ),
          voidAll: Flag.Boolean("void-all").pipe(
            Flag.withDescription("Trust none of its proofs"),
            Flag.withDefault(false)
          )
        },
        (flags) => withFarm(Effect.flatMap(agentTrust, ({ revokeAgent }) => revokeAgent(flags)))
      ).pipe(Command.withDescription("Take nothing more from an agent, for good, and take back what came too late")),
      Command.make(
        "forks",
        {
          id: agentId,
          out: Flag.String("out").pipe(
            Flag.withMetavar("FILE"),
            Flag.withDescription("Where to write it (stdout)"),
            Flag.optional
          )
        },
        (flags) => withFarm(Effect.flatMap(agentTrust, ({ showForks }) => showForks({ ...flags, cwd: invocation.cwd })))
      ).pipe(Command.withDescription("Evidence that an agent's key signed two records for one place"))
    ])
  )

  const villages = Effect.promise(() => import("./villages.ts"))
  const village = Command.make("village").pipe(
    Command.withDescription("Show the farm to others"),
    Command.withSubcommands([
      Command.make("list", {}, () => withFarm(Effect.flatMap(villages, ({ listVillages }) => listVillages))).pipe(
        Command.withDescription("The villages that this farm has joined")
      ),
      Command.make("join", { url: Argument.String("url") }, ({ url }) =>
        withFarm(Effect.flatMap(villages, ({ joinVillage }) => joinVillage(url)))
      ).pipe(Command.withDescription("Register this farm with a village")),
      Command.make(
        "board",
        {
          url: Flag.String("url").pipe(
            Flag.withMetavar("URL"),
            Flag.withDescription("Another village's board"),
            Flag.optional
          )
        },
        ({ url }) => withFarm(Effect.flatMap(villages, ({ showBoard }) => showBoard(url)))
      ).pipe(Command.withDescription("The leaderboard"))
    ])
  )

  const db = Flag.String("db").pipe(
    Flag.withMetavar("URL"),
    Flag.withDescription("The tracker's database (tracker.db in the data directory)"),
    Flag.optional
  )
  const withLedger = <A, E, R>(
    run: (place: { readonly data: Option.Option<string>; readonly cwd: string }) => Effect.Effect<A, E, R>
  ) => Effect.flatMap(root, (shared) => withPrinter(run({ data: shared.data, cwd: invocation.cwd })))
  const archives = Effect.promise(() => import("./trackerArchive.ts"))
  const tracker = Command.make("tracker").pipe(
    Command.withDescription("Look after the tracker"),
    Command.withSubcommands([
      Command.make("replay", { db }, (flags) =>
        withLedger((place) =>
          Effect.flatMap(
            Effect.promise(() => import("./trackerReplay.ts")),
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
              Effect.promise(() => import("./trackerAudit.ts")),
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

  const plugin = Command.make("plugin").pipe(
    Command.withDescription("Help those who write plugins"),
    Command.withSubcommands([
      Command.make(
        "new",
        {
          id: Argument.String("name").pipe(Argument.withDescription("NAME or SCOPE/NAME; the folder is NAME")),
          language: Flag.Literals("lang", ["ts", "python", "go"]).pipe(
            Flag.withDescription("The language to write it in"),
            Flag.withDefault("ts")
          )
        },
        (flags) =>
          withPrinter(
            Effect.flatMap(
              Effect.promise(() => import("./pluginNew.ts")),
              ({ newPlugin }) => newPlugin({ ...flags, cwd: invocation.cwd })
            )
          )
      ).pipe(
        Command.withDescription("Begin a plugin: a project whose tests pass"),
        Command.withExamples([{ command: "farmops plugin new acme/restore-drill", description: "In TypeScript" }])
      ),
      Command.make(
        "dev",
        {
          command: Argument.String("command").pipe(
            Argument.withDescription("The plugin's program and its arguments, after --"),
            Argument.variadic()
          ),
          observations: Flag.String("observation").pipe(
            Flag.withMetavar("FILE"),
            Flag.withDescription(
              "A recorded observation, as in golden/; again for more; - reads one a line from stdin"
            ),
            Flag.atLeast(1)
          ),
          watch: Flag.Boolean("watch").pipe(
            Flag.withDescription("Play them again whenever a file here changes, until Ctrl-C"),
            Flag.withDefault(false)
          )
        },
        (flags) =>
          withPrinter(
            Effect.flatMap(
              Effect.promise(() => import("./pluginDev.ts")),
              ({ devPlugin }) => devPlugin({ ...flags, cwd: invocation.cwd })
            )
          )
      ).pipe(
        Command.withDescription("Show what a plugin makes of observations, and what would leave the cluster"),
        Command.withExamples([
          {
            command: "farmops plugin dev --observation golden/failed.json -- node src/main.ts",
            description: "One recorded observation"
          }
        ])
      ),
      Command.make(
        "test",
        {
          command: Argument.String("command").pipe(
            Argument.withDescription("The plugin's program and its arguments, after --"),
            Argument.variadic()
          ),
          socket: Flag.String("socket").pipe(
            Flag.withMetavar("PATH"),
            Flag.withDescription("A plugin that listens already; FARMOPS_PLUGIN_TOKEN is the token that it expects"),
            Flag.optional
          ),
          wasm: Flag.String("wasm").pipe(
            Flag.withMetavar("FILE"),
            Flag.withDescription("A WebAssembly module"),
            Flag.optional
          ),
          golden: Flag.String("golden").pipe(
            Flag.withMetavar("DIR"),
            Flag.withDescription("Golden verdicts, one JSON file each; without them fewer checks say something"),
            Flag.optional
          )
        },
        (flags) =>
          withPrinter(
            Effect.flatMap(
              Effect.promise(() => import("./pluginTest.ts")),
              ({ pluginTest }) => pluginTest({ ...flags, token: invocation.pluginToken, cwd: invocation.cwd })
            )
          )
      ).pipe(
        Command.withDescription("Ask a plugin, in any language, everything that an agent relies on"),
        Command.withExamples([
          { command: "farmops plugin test --golden golden -- python3 plugin.py", description: "A program" },
          { command: "farmops plugin test --socket /run/plugins/drills.sock", description: "One that listens already" },
          {
            command: "farmops plugin test --golden golden --wasm restore-drill.wasm",
            description: "A WebAssembly module"
          }
        ])
      )
    ])
  )

  return root.pipe(Command.withSubcommands([up, farm, proof, agentCommand, village, tracker, plugin]))
}

/** `farmops help proof` reads as `farmops proof --help`. */
export const helpArguments = (args: ReadonlyArray<string>): ReadonlyArray<string> =>
  args[0] === "help" ? [...args.slice(1), "--help"] : args
