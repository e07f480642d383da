/** The harness's file as a service, checked as a whole before anything of it is used. */
import type { ConfigInvalid } from "@farmops/core/config/ConfigInvalid"
import { loadYamlConfig } from "@farmops/core/config/loadYamlConfig"
import { Context, type FileSystem, Layer } from "effect"
import { HarnessFile } from "./HarnessFile.ts"

/** What the owner decided, from a file that was checked as a whole. */
export class HarnessSettings extends Context.Service<HarnessSettings, HarnessFile>()(
  "@farmops/harness/HarnessSettings"
) {
  /** Puts `env` in for `${NAME}`. Fails with the file, the line and what was expected there. */
  static readonly layer = (
    file: string,
    env: Readonly<Record<string, string | undefined>>
  ): Layer.Layer<HarnessSettings, ConfigInvalid, FileSystem.FileSystem> =>
    Layer.effect(this, loadYamlConfig(file, HarnessFile, env))
}

/** Every secret of the file, for the log's scrubber. */
export const secretsOf = ({ identity, llm, tracker }: HarnessFile) => [
  identity.github_token,
  ...(llm.provider === "anthropic" ? [llm.api_key] : []),
  ...(tracker?.api_key === undefined ? [] : [tracker.api_key])
]
