import { assert, describe, it } from "@effect/vitest"
import { isAllowed, readRoutes, writeRoutes } from "../src/github/allowedCalls.ts"

const repositories = new Set(["octo/farm"])
const at = { owner: "octo", repo: "farm", issue_number: 7 }
const allowed = (route: string, parameters: Readonly<Record<string, unknown>> = at) => {
  const [method = "", url = ""] = route.split(" ")
  return isAllowed({ method, url, parameters }, repositories)
}

describe("isAllowed", () => {
  it("lets what is on the list through, for a repository that is configured, however it is spelled", () => {
    for (const route of [...readRoutes, ...writeRoutes]) assert.isTrue(allowed(route), route)
    assert.isTrue(allowed("GET /repos/{owner}/{repo}/issues", { owner: "Octo", repo: "FARM" }))
    assert.isTrue(allowed("GET /user", {}))
  })

  it("lets nothing through for another repository, or for none", () => {
    for (const parameters of [{ ...at, repo: "barn" }, { ...at, owner: "cat" }, {}, { owner: "octo/farm", repo: "" }])
      assert.isFalse(allowed("GET /repos/{owner}/{repo}/issues", parameters))
  })

  it("lets no other call through", () => {
    for (const route of [
      "DELETE /repos/{owner}/{repo}",
      "PATCH /repos/{owner}/{repo}",
      "POST /repos/{owner}/{repo}/labels",
      "PUT /repos/{owner}/{repo}/contents/{path}",
      "POST /repos/{owner}/{repo}/issues",
      "PUT /repos/{owner}/{repo}/issues/{issue_number}/lock",
      "POST /graphql"
    ])
      assert.isFalse(allowed(route), route)
  })

  it("lets a patch change the state and nothing else of an issue", () => {
    const patch = "PATCH /repos/{owner}/{repo}/issues/{issue_number}"
    assert.isTrue(allowed(patch, { ...at, state: "closed", state_reason: "not_planned" }))
    for (const key of ["title", "body", "assignees", "labels", "milestone"])
      assert.isFalse(allowed(patch, { ...at, state: "closed", [key]: "x" }), key)
  })
})
