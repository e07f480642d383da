/** The `farmops` command's words: its verbs, flags and help. What a verb does is loaded only when it is used. */

import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Effect from "effect/Effect"
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

/** The process's own facts, read once at the edge. */
export interface Invocation {
  readonly cwd: string
  readonly ownerToken: string | undefined
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
          file: Argument.String("file").pipe(Argument.withDescription("JSON Lines, as `proof export` writes them")),
          key: Flag.String("key").pipe(Flag.withMetavar("HEX"), Flag.withDescription("The agent's public key"))
        },
        (flags) =>
          withPrinter(
            Effect.flatMap(
              Effect.promise(() => import("./proofVerify.ts")),
              ({ proofVerify }) => proofVerify(flags)
            )
          )
      ).pipe(Command.withDescription("Check an export. Needs no server")),
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
      ).pipe(Command.withDescription("Write one agent's chain to a file, each proof exactly as it travels"))
    ])
  )

  const agents = Effect.promise(() => import("./agents.ts"))
  const agentId = Argument.String("id").pipe(Argument.withDescription("The agent's id, or enough of its beginning"))
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
          )
        },
        (flags) => withFarm(Effect.flatMap(agents, ({ enrollAgent }) => enrollAgent({ ...flags, cwd: invocation.cwd })))
      ).pipe(Command.withDescription("Ask the tracker to take an agent; it still needs approval")),
      Command.make("approve", { id: agentId }, ({ id }) =>
        withFarm(Effect.flatMap(agents, ({ decideAgent }) => decideAgent(id, "approve")))
      ).pipe(Command.withDescription("Let an agent's proofs count")),
      Command.make("revoke", { id: agentId }, ({ id }) =>
        withFarm(Effect.flatMap(agents, ({ decideAgent }) => decideAgent(id, "revoke")))
      ).pipe(Command.withDescription("Stop taking an agent's proofs"))
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

  const tracker = Command.make("tracker").pipe(
    Command.withDescription("Look after the tracker"),
    Command.withSubcommands([
      Command.make(
        "replay",
        {
          db: Flag.String("db").pipe(
            Flag.withMetavar("URL"),
            Flag.withDescription("The tracker's database (tracker.db in the data directory)"),
            Flag.optional
          )
        },
        ({ db }) =>
          Effect.flatMap(root, (shared) =>
            withPrinter(
              Effect.flatMap(
                Effect.promise(() => import("./trackerReplay.ts")),
                ({ trackerReplay }) => trackerReplay({ db, data: shared.data, cwd: invocation.cwd })
              )
            )
          )
      ).pipe(Command.withDescription("Score the stored proofs from nothing and compare with the farm"))
    ])
  )

  return root.pipe(Command.withSubcommands([up, farm, proof, agentCommand, village, tracker]))
}

/** `farmops help proof` reads as `farmops proof --help`. */
export const helpArguments = (args: ReadonlyArray<string>): ReadonlyArray<string> =>
  args[0] === "help" ? [...args.slice(1), "--help"] : args
