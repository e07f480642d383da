/** A stateful GitHub in this process, from the npm package that `npm ci --prefix tests/parts/github` installs. */
import { existsSync } from "node:fs"

// The package is for `import` alone, and not in the node_modules that this file resolves from.
const entry = new URL("node_modules/emulate/dist/api.js", import.meta.url)

/** Whether the emulator is there. */
export const isInstalled = existsSync(entry)

/** Says what to run where the emulator is missing. */
export const installHint = "npm ci --prefix tests/parts/github"

/** Who is known and what is there at the start. The first user owns the repositories. */
export interface Seed {
  /** For each token, whose it is. */
  readonly tokens: Readonly<Record<string, string>>
  /** `owner/repo`. */
  readonly repositories: ReadonlyArray<string>
}

/** A running emulator. */
export interface Emulator {
  readonly url: string
  readonly close: () => Promise<void>
}

interface Emulate {
  readonly createEmulator: (options: unknown) => Promise<Emulator>
}

/** Starts an emulator on a port of its own. */
export const startEmulator = async ({ repositories, tokens }: Seed): Promise<Emulator> => {
  const { createEmulator }: Emulate = await import(entry.href)
  const owners = repositories.map((name) => name.split("/")[0] ?? "")
  const logins = [...new Set([...owners, ...Object.values(tokens)])]
  return await createEmulator({
    service: "github",
    port: 0,
    seed: {
      tokens: Object.fromEntries(Object.entries(tokens).map(([token, login]) => [token, { login, scopes: ["repo"] }])),
      github: {
        users: logins.map((login) => ({ login })),
        repos: repositories.map((name) => {
          const [owner, repo] = name.split("/")
          return { owner, name: repo }
        })
      }
    }
  })
}
