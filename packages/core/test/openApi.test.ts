/** The tracker's OpenAPI document under a linter that is installed apart: `npm ci --prefix tests/parts/openapi`. */
import { existsSync } from "node:fs"
import { createRequire } from "node:module"
import { assert, describe, it } from "@effect/vitest"
import { OpenApi } from "effect/http-api"
import { TrackerApi } from "../src/api/TrackerApi.ts"

interface Finding {
  readonly ruleId: string
  readonly severity: string
  readonly message: string
  readonly location: ReadonlyArray<{ readonly pointer?: string }>
}

interface Linter {
  readonly createConfig: (config: { readonly extends: ReadonlyArray<string> }) => Promise<unknown>
  readonly lintFromString: (options: {
    readonly source: string
    readonly absoluteRef: string
    readonly config: unknown
  }) => Promise<ReadonlyArray<Finding>>
}

const part = new URL("../../../tests/parts/openapi/package.json", import.meta.url)
const isInstalled = existsSync(new URL("node_modules/@redocly/openapi-core", part))
if (!isInstalled) console.warn("skipped: the OpenAPI linter, which `npm ci --prefix tests/parts/openapi` installs")

const lint = async (document: unknown): Promise<ReadonlyArray<string>> => {
  const { createConfig, lintFromString }: Linter = createRequire(part)("@redocly/openapi-core")
  const config = await createConfig({ extends: ["recommended"] })
  const found = await lintFromString({ source: JSON.stringify(document), absoluteRef: "/openapi.json", config })
  return found.map(({ location, message, ruleId }) => `${ruleId}: ${message} ${location[0]?.pointer ?? ""}`)
}

describe.skipIf(!isInstalled)("the tracker's OpenAPI document", () => {
  it("is valid OpenAPI 3.1 to a linter, without even a warning", async () => {
    const document = OpenApi.fromApi(TrackerApi)
    assert.match(document.openapi, /^3\.1\./)
    // A WebSocket answers 101, which is no success to this linter.
    const expected = "operation-2xx-response: Operation must have at least one `2XX` response. #/paths/~1api~1v1~1live/"
    assert.deepStrictEqual(
      (await lint(document)).filter((line) => !line.startsWith(expected)),
      []
    )
  })

  it("is looked at: the linter finds what is broken in a copy", async () => {
    const { paths, ...rest } = OpenApi.fromApi(TrackerApi)
    const broken = { ...rest, paths: { ...paths, "/api/v1/farm": { get: { responses: { 200: {} }, nonsense: 1 } } } }
    const found = await lint(broken)
    assert.isTrue(found.some((line) => line.startsWith("struct: ")))
  })
})
