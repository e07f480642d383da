/** What every command shares: the root with its flags, and the way to print and to reach a farm. */
import { resolve } from "node:path"
import type { Environment } from "@farmops/core/config/substituteEnvironment"
import { exitCodes } from "@farmops/core/host/exitCodes"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { CommandFailed } from "../CommandFailed.ts"
import { FarmConnection } from "../FarmConnection.ts"
import { Printer } from "../Printer.ts"

/** The process's own facts, read once at the edge. */
export interface Invocation {
  readonly cwd: string
  readonly ownerToken: string | undefined
  /** What a plugin that listens already expects of its callers. */
  readonly pluginToken: string | undefined
  /** What `${NAME}` in a configuration file stands for. */
  readonly environment: Environment
  readonly version: string
}

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

const ca = Flag.String("ca").pipe(
  Flag.withMetavar("FILE"),
  Flag.withDescription("Trust this authority too, for a tracker with a certificate of its own (FARMOPS_CA)"),
  Flag.optional
)

/** `farmops` itself, with the flags of every command. */
export const root = Command.make("farmops").pipe(
  Command.withSharedFlags({ json, data, trackerUrl, ca }),
  Command.withDescription("Turns verified work into signed proofs, and proofs into a farm")
)

/** Prints as the flags say. */
export const withPrinter = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.flatMap(root, (shared) => Effect.provide(effect, Printer.layerProcess({ json: shared.json })))

const trustGiven = (file: string, cwd: string) =>
  file === ""
    ? Effect.void
    : Effect.flatMap(
        Effect.promise(() => import("@farmops/core/host/trustAuthority")),
        ({ trustAuthority }) => trustAuthority(resolve(cwd, file))
      ).pipe(
        Effect.mapError(
          ({ message }) =>
            new CommandFailed({ code: "ca_unusable", detail: `${message}.`, cure: null, exitCode: exitCodes.config })
        )
      )

/** The same, with a connection to the farm that the flags name. */
export const withFarm =
  ({ cwd, environment, ownerToken }: Pick<Invocation, "cwd" | "environment" | "ownerToken">) =>
  <A, E, R>(effect: Effect.Effect<A, E, R>) =>
    Effect.flatMap(root, ({ ca, data, trackerUrl }) =>
      withPrinter(
        Effect.andThen(
          trustGiven(
            Option.getOrElse(ca, () => environment.FARMOPS_CA ?? ""),
            cwd
          ),
          Effect.provide(effect, FarmConnection.layer({ data, trackerUrl, ownerToken, cwd }))
        )
      )
    )
