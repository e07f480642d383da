/** The `farmops` command's words: its verbs, flags and help. What a verb does is loaded only when it is used. */
import * as Command from "effect/cli/Command"
import { agentCommand } from "./commands/agentCommand.ts"
import { farmCommand } from "./commands/farmCommand.ts"
import { harnessCommand } from "./commands/harnessCommand.ts"
import { pluginCommand } from "./commands/pluginCommand.ts"
import { proofCommand } from "./commands/proofCommand.ts"
import { type Invocation, root } from "./commands/rootCommand.ts"
import { trackerCommand } from "./commands/trackerCommand.ts"
import { upCommand } from "./commands/upCommand.ts"
import { villageCommand } from "./commands/villageCommand.ts"

/** Builds the command for one invocation. */
export const makeFarmopsCommand = (invocation: Invocation) =>
  root.pipe(
    Command.withSubcommands([
      upCommand(invocation),
      farmCommand(invocation),
      proofCommand(invocation),
      agentCommand(invocation),
      villageCommand(invocation),
      trackerCommand(invocation),
      harnessCommand(invocation),
      pluginCommand(invocation)
    ])
  )

/** `farmops help proof` reads as `farmops proof --help`. */
export const helpArguments = (args: ReadonlyArray<string>): ReadonlyArray<string> =>
  args[0] === "help" ? [...args.slice(1), "--help"] : args
