/** How this plugin is started: with the Node that runs now, from its source in a clone and from the bundle elsewhere. */
import { fileURLToPath } from "node:url"

/** The plugin's id and the program that serves it. Its environment is scrubbed, so the source condition travels as an argument. */
export const k8sPodHealthCommand = (): {
  readonly id: string
  readonly command: string
  readonly args: ReadonlyArray<string>
} => {
  const fromSource = import.meta.url.endsWith(".ts")
  const main = fileURLToPath(new URL(fromSource ? "./main.ts" : "./main.js", import.meta.url))
  const flags = fromSource ? ["--conditions=@farmops/source"] : []
  return { id: "farmops/k8s-pod-health", command: process.execPath, args: [...flags, main] }
}
