/** The harness as Layers. In this version that is its checked configuration; nothing here acts on a repository. */
import type { ConfigInvalid } from "@farmops/core/config/ConfigInvalid"
import { loadYamlConfig } from "@farmops/core/config/loadYamlConfig"
import { Context, type FileSystem, Layer } from "effect"
import { HarnessFile } from "./HarnessFile.ts"

export {
  classifierFileOf,
  dataFolderOf,
  layerReads,
  layerStore,
  memoryFileOf,
  repositoriesOf
} from "./harnessServices.ts"
export { mindAgent, mindNameOf, openMind } from "./openMind.ts"
export { rulesOf } from "./rulesOf.ts"

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
