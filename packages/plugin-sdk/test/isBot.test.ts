import { describe, expect, it } from "vitest"
import { isBot } from "../src/sources/isBot.ts"

describe("isBot", () => {
  it.each([
    ["49699333+dependabot[bot]@users.noreply.github.com", "dependabot[bot]"],
    ["29139614+renovate[bot]@users.noreply.github.com", "Renovate Bot"],
    ["bot@renovateapp.com", "renovate"],
    ["support@github.com", "dependabot-preview"],
    ["github-actions@github.com", "CI"],
    ["x@example.org", "my-own-thing[bot]"]
  ])("takes %s (%s) for a machine", (email, name) => {
    expect(isBot({ email, name }, [])).toBe(true)
  })

  it.each([
    ["1234567+ann@users.noreply.github.com", "Ann"],
    ["ann@users.noreply.github.com", "Ann"],
    ["noreply@example.org", "Ann"],
    ["abbot@example.org", "Abbot"],
    ["robot.fan@example.org", "Robot Fan"],
    ["renovated@example.org", "Renovated House"],
    ["", ""]
  ])("takes %s (%s) for a person", (email, name) => {
    expect(isBot({ email, name }, [])).toBe(false)
  })

  it("believes its owner, by name or by address", () => {
    expect(isBot({ email: "Deploy@Example.org", name: "Deploy" }, [" deploy@example.org "])).toBe(true)
    expect(isBot({ email: "x@example.org", name: "Nightly" }, ["nightly"])).toBe(true)
    expect(isBot({ email: "x@example.org", name: "Nightly Build" }, ["nightly"])).toBe(false)
  })
})
