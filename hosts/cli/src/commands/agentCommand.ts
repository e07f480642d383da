/** `farmops agent …`. */
import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Effect from "effect/Effect"
import { type Invocation, withFarm, withPrinter } from "./rootCommand.ts"
import { recoveryPublicKey } from "./sharedFlags.ts"

const agentId = Argument.String("id").pipe(Argument.withDescription("The agent's id, or enough of its beginning"))
const alias = Flag.String("alias").pipe(
  Flag.withDescription("The label that the agent's records carry; never a host name"),
  Flag.withDefault("local")
)
const agents = Effect.promise(() => import("../agents.ts"))
const agentKeys = Effect.promise(() => import("../agentKeys.ts"))
const agentTrust = Effect.promise(() => import("../agentTrust.ts"))

/** Agents and their keys. */
export const agentCommand = (invocation: Invocation) => {
  const onFarm = withFarm(invocation)
  return Command.make("agent").pipe(
    Command.withDescription("Decide whose proofs count"),
    Command.withSubcommands([
      Command.make("list", {}, () => onFarm(Effect.flatMap(agents, ({ listAgents }) => listAgents))).pipe(
        Command.withDescription("Every agent that asked, with its key and status")
      ),
      Command.make(
        "enroll",
        {
          keyDir: Flag.String("key-dir").pipe(
            Flag.withMetavar("DIR"),
            Flag.withDescription("Where the agent keeps its key; made when absent")
          ),
          alias,
          recoveryPublicKey
        },
        (flags) => onFarm(Effect.flatMap(agents, ({ enrollAgent }) => enrollAgent({ ...flags, cwd: invocation.cwd })))
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
        (flags) => onFarm(Effect.flatMap(agentKeys, ({ rotateKey }) => rotateKey(flags)))
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
          alias
        },
        (flags) =>
          withPrinter(Effect.flatMap(agentKeys, ({ recoverAgent }) => recoverAgent({ ...flags, cwd: invocation.cwd })))
      ).pipe(Command.withDescription("Take an agent's chain back with its recovery key")),
      Command.make("approve", { id: agentId }, ({ id }) =>
        onFarm(Effect.flatMap(agents, ({ approveAgent }) => approveAgent(id)))
      ).pipe(Command.withDescription("Let an agent's proofs count, also after it was frozen for a fork")),
      Command.make("key").pipe(
        Command.withDescription("Keys with which agents come through a tracker's door"),
        Command.withSubcommands([
          Command.make("new", { id: agentId }, ({ id }) =>
            onFarm(Effect.flatMap(agents, ({ newAgentKey }) => newAgentKey(id)))
          ).pipe(Command.withDescription("A fresh key, shown once; the one before stays good until the next")),
          Command.make("drop", { id: agentId }, ({ id }) =>
            onFarm(Effect.flatMap(agents, ({ dropAgentKeys }) => dropAgentKeys(id)))
          ).pipe(Command.withDescription("Take every key of an agent back"))
        ])
      ),
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
        (flags) => onFarm(Effect.flatMap(agentTrust, ({ revokeAgent }) => revokeAgent(flags)))
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
        (flags) => onFarm(Effect.flatMap(agentTrust, ({ showForks }) => showForks({ ...flags, cwd: invocation.cwd })))
      ).pipe(Command.withDescription("Evidence that an agent's key signed two records for one place"))
    ])
  )
}
