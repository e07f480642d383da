/** What others may use of the harness: its file, its parts as Layers, and the way to run it. */
export { type DemoGitHub, startDemoGitHub } from "./demo/DemoGitHub.ts"
export type { DemoIssue, NewIssue } from "./demo/DemoRepository.ts"
export { HarnessFile, soundLine, summaryOf } from "./HarnessFile.ts"
export { HarnessSettings } from "./HarnessSettings.ts"
export { type HarnessOptions, harnessLayer } from "./harnessLayer.ts"
export {
  classifierFileOf,
  dataFolderOf,
  layerReads,
  layerStore,
  layerUndo,
  layerWork,
  memoryFileOf,
  repositoriesOf
} from "./harnessServices.ts"
export { mindAgent, mindNameOf, modelAccessOf, modelUrlOf, openMind } from "./openMind.ts"
export { rulesOf } from "./rulesOf.ts"
export { runHarness } from "./runHarness.ts"
