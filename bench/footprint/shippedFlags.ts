/** How Node is started where the agent is shipped as an image: what its Dockerfile and its chart say, so that the benchmark has it too. */
import { readFileSync } from "node:fs"

/** Of one way to start an agent. */
export interface StartFlags {
  /** Node's own flags for the agent and for the plugins' process. */
  readonly agent: ReadonlyArray<string>
  readonly plugins: ReadonlyArray<string>
  /** Of both processes. */
  readonly environment: Readonly<Record<string, string>>
}

/** As `node main.js` has it. */
export const noFlags: StartFlags = { agent: [], plugins: [], environment: {} }

const readFile = (path: string) => readFileSync(new URL(`../../deploy/agent/${path}`, import.meta.url), "utf8")

const listAfter = (text: string, pattern: RegExp): ReadonlyArray<string> => {
  const list: unknown = JSON.parse(pattern.exec(text)?.[1] ?? "[]")
  return Array.isArray(list) ? list.filter((word) => typeof word === "string") : []
}

const flagsOf = (words: ReadonlyArray<string>) => words.filter((word) => word.startsWith("--"))

/** As the image and the chart have it. */
export const shippedFlags = (): StartFlags => {
  const image = readFile("Dockerfile")
  const manifest = readFile("helm/templates/configmap.yaml")
  const variables = [...image.matchAll(/^ENV (\w+)=(\S+)$/gm)].map(([, name = "", value = ""]) => [name, value])
  return {
    agent: flagsOf(listAfter(image, /^ENTRYPOINT (\[.*\])$/m)),
    plugins: flagsOf(listAfter(manifest, /^ {4}args: (\[.*\])$/m)),
    environment: Object.fromEntries(variables)
  }
}

/** For the table's notes. */
export const sayFlags = ({ agent, environment, plugins }: StartFlags): string => {
  const variables = Object.entries(environment).map(([name, value]) => `${name}=${value}`)
  const say = (words: ReadonlyArray<string>) => (words.length === 0 ? "none" : words.join(" "))
  return `agent ${say(agent)}; plugins ${say(plugins)}; environment ${say(variables)}`
}
