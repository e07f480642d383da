/** How a plugin's program is started: with the Node that runs now, from its source in a clone and from its bundle elsewhere. */
import { fileURLToPath } from "node:url"

/** A program and its arguments. */
export interface ProgramCommand {
  readonly command: string
  readonly args: ReadonlyArray<string>
}

/** A program with the id of the plugin that it serves. */
export interface PluginCommand extends ProgramCommand {
  readonly id: string
}

/** Starts a module with this Node. A plugin's environment is scrubbed, so the source condition travels as an argument. */
export const programCommand = (main: URL | string): ProgramCommand => {
  const program = fileURLToPath(main)
  const flags = program.endsWith(".ts") ? ["--conditions=@farmops/source"] : []
  return { command: process.execPath, args: [...flags, program] }
}

/** The `main` beside a module. `url` is the module's own `import.meta.url`. */
export const mainBeside = (url: string): URL => new URL(url.endsWith(".ts") ? "./main.ts" : "./main.js", url)

/** The plugin with this id, whose program is the `main` beside the module with this `import.meta.url`. */
export const pluginCommand = (id: string, url: string): PluginCommand => ({ id, ...programCommand(mainBeside(url)) })
