/** How the host is started: with the Node that runs now, from its source in a clone and from the bundle elsewhere. */
import { fileURLToPath } from "node:url"

/** The program that serves every first-party plugin. Its environment is scrubbed, so the source condition travels as an argument. */
export const pluginHostCommand = (): { readonly command: string; readonly args: ReadonlyArray<string> } => {
  const fromSource = import.meta.url.endsWith(".ts")
  const main = fileURLToPath(new URL(fromSource ? "./main.ts" : "./main.js", import.meta.url))
  const flags = fromSource ? ["--conditions=@farmops/source"] : []
  return { command: process.execPath, args: [...flags, main] }
}
