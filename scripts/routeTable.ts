/** Makes `docs/routes.md` from the tracker's API. `node scripts/routeTable.ts` writes it; `checkGenerated.ts` fails when the committed one differs. */
import { writeFileSync } from "node:fs"
import { plainRoutes, type Role, type RouteRole, rolesOfApi, rpcRoutes } from "@farmops/core/api/routeRoles"
import { TrackerApi } from "@farmops/core/api/TrackerApi"

/** Where the table is committed, from the repository's root. */
export const routeTableFile = "docs/routes.md"

const who: Readonly<Record<Role, readonly [string, string]>> = {
  public: ["anybody", "anybody"],
  agent: ["anybody; the proof's signature counts", "the proof's agent, by API key or certificate"],
  reads: ["anybody", "the owner"],
  owner: ["the owner", "the owner"]
}

const rowOf = ({ method, path, role, summary }: RouteRole): string => {
  if (role === null) throw new Error(`${method} ${path} has no role: give it a middleware of access, or OpenToAll`)
  const [here, elsewhere] = who[role]
  return `| \`${method} ${path}\` | ${role} | ${here} | ${elsewhere} | ${summary} |`
}

const table = (title: string, routes: ReadonlyArray<RouteRole>): string =>
  `## ${title}\n\n| route | role | on loopback | elsewhere | what |\n|---|---|---|---|---|\n${routes.map(rowOf).join("\n")}\n`

/** The whole file. */
export const makeRouteTable = (): string => `# Who may ask the tracker for what

Made from the API's definition by \`npm run gen\`; a test asks a running tracker for every route in every role, on loopback and beyond it.
The owner shows the owner's token, an agent its API key or its certificate. \`--agent-auth\` moves the agents' line between the columns.

${table("The API", rolesOfApi(TrackerApi))}
${table("RPC, over Connect and gRPC", rpcRoutes)}
${table("Pages and probes", plainRoutes)}`

if (import.meta.main) writeFileSync(routeTableFile, makeRouteTable())
