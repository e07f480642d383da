/** Who may ask for what: every route of the tracker with its role, read from the API's definition. `docs/routes.md` is made from it. */
import { Context, Schema } from "effect"
import { HttpApi, type HttpApiGroup, OpenApi } from "effect/http-api"
import { ProofService } from "../gen/farmops/proof/v1/proof_pb.ts"

/**
 * `public`: anybody. `agent`: on loopback anybody, whose proofs their signatures prove; beyond it the proof's own agent. `reads`:
 * on loopback anybody, beyond it the owner. `owner`: the owner, wherever.
 */
export const Role = Schema.Literals(["public", "agent", "reads", "owner"])

/** See the schema of the same name. */
export type Role = typeof Role.Type

/** Says of a route, or of a group of them, that anybody may ask. A route without a role is a fault. */
export class OpenToAll extends Context.Service<OpenToAll, true>()("@farmops/core/api/OpenToAll") {}

/** One route. `role` is null where its definition gives none, or two. */
export interface RouteRole {
  readonly method: string
  readonly path: string
  readonly role: Role | null
  readonly summary: string
}

const middlewareRoles: Readonly<Record<string, Role>> = {
  "@farmops/core/api/RequireOwner": "owner",
  "@farmops/core/api/OwnerReads": "reads",
  "@farmops/core/api/ForAgents": "agent"
}

/** The routes of an API's definition, in its order. */
export const rolesOfApi = <Id extends string, Groups extends HttpApiGroup.Constraint>(
  api: HttpApi.HttpApi<Id, Groups>
): ReadonlyArray<RouteRole> => {
  const routes: Array<RouteRole> = []
  HttpApi.reflect(api, {
    onGroup: () => {},
    onEndpoint: ({ endpoint, mergedAnnotations, middleware }) => {
      const guards = [...middleware].flatMap(({ key }) => middlewareRoles[key] ?? [])
      const isOpen = mergedAnnotations.mapUnsafe.has(OpenToAll.key)
      const roles: ReadonlyArray<Role> = isOpen ? [...guards, "public"] : guards
      const summary = mergedAnnotations.mapUnsafe.get(OpenApi.Summary.key)
      routes.push({
        method: endpoint.method,
        path: endpoint.path,
        role: roles.length === 1 ? (roles[0] ?? null) : null,
        summary: typeof summary === "string" ? summary : ""
      })
    }
  })
  return routes
}

const get = (path: string, role: Role, summary: string): RouteRole => ({ method: "GET", path, role, summary })

/** What a browser, a probe or a scraper asks for: outside the API's definition. */
export const plainRoutes: ReadonlyArray<RouteRole> = [
  get("/", "public", "The farm's page; it says nothing of this farm, and reads as its visitor may"),
  get("/farm.svg", "reads", "The farm's picture"),
  get("/verify", "public", "The verifier, which works offline"),
  get("/docs", "public", "This API, explained"),
  get("/openapi.json", "public", "This API, for machines"),
  get("/metrics", "reads", "Counts and times, for Prometheus"),
  get("/healthz", "public", "Whether the tracker is up"),
  get("/readyz", "public", "Whether it can do its work")
]

/** The same intake as `POST /api/v1/proofs`, over Connect and gRPC. */
export const rpcRoutes: ReadonlyArray<RouteRole> = ProofService.methods.map(({ name }) => ({
  method: "POST",
  path: `/${ProofService.typeName}/${name}`,
  role: "agent",
  summary: name === "Submit" ? "Submit one proof" : "Submit a run of proofs"
}))
