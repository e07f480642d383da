import { assert, describe, it } from "@effect/vitest"
import { OpenApi } from "effect/http-api"
import { TrackerApi } from "../src/api/TrackerApi.ts"

/** Of the architecture's list; `/healthz` and `/readyz` are every host's. */
const promised = [
  "POST /api/v1/proofs",
  "GET /api/v1/proofs",
  "GET /api/v1/proofs/{id}",
  "GET /api/v1/farm",
  "GET /api/v1/farm/stats",
  "GET /api/v1/farm/upgrades",
  "GET /api/v1/shop/items",
  "POST /api/v1/shop/purchase",
  "GET /api/v1/agents",
  "POST /api/v1/agents/enroll",
  "POST /api/v1/agents/{id}/approve",
  "POST /api/v1/agents/{id}/revoke",
  "GET /api/v1/public/profile",
  "GET /api/v1/public/snapshot"
]

describe("the tracker's API", () => {
  it("has every route of the architecture under its name", () => {
    const paths = Object.entries(OpenApi.fromApi(TrackerApi).paths)
    const routes = new Set(
      paths.flatMap(([path, methods]) => Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`))
    )
    assert.deepStrictEqual(
      promised.filter((route) => !routes.has(route)),
      []
    )
  })
})
