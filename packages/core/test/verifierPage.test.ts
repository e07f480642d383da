import { createHash } from "node:crypto"
import { readFileSync } from "node:fs"
import { createRequire } from "node:module"
import { Script } from "node:vm"
import { assert, describe, it } from "@effect/vitest"
import { readVerifierPage } from "@farmops/core/api/verifierPage"
import { Effect } from "effect"

const published = readFileSync(createRequire(import.meta.url).resolve("@farmops/proof/verifier/index.html"), "utf8")
const inside = (name: string): string => new RegExp(`<${name}>([^]*?)</${name}>`, "u").exec(published)?.[1] ?? ""
const hashed = (text: string): string => `'sha256-${createHash("sha256").update(text, "utf8").digest("base64")}'`
const ownPolicy = [
  "default-src 'none'",
  `script-src ${hashed(inside("script"))}`,
  `style-src ${hashed(inside("style"))}`,
  "base-uri 'none'",
  "form-action 'none'"
].join("; ")

describe("the verifier's page", () => {
  it.effect("is served as the package publishes it, under its own policy and in no frame", () =>
    Effect.gen(function* () {
      const { csp, html } = yield* readVerifierPage
      assert.strictEqual(html, published)
      assert.strictEqual(csp, `${ownPolicy}; frame-ancestors 'none'`)
    })
  )

  it("allows itself its own script and style and no connection, picture, form or frame", () => {
    assert.include(published, `content="${ownPolicy}"`)
    assert.lengthOf(published.match(/<script/gu) ?? [], 1)
    assert.notMatch(published, /\sstyle=|\son\w+="|\ssrc=|\shref=|@import|url\(/u)
  })

  it("carries a script that parses, makes no markup of text and knows no way to ask anybody", () => {
    assert.doesNotThrow(() => new Script(inside("script")))
    assert.notMatch(
      inside("script"),
      /innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(|new Function|fetch\(|XMLHttpRequest|WebSocket|sendBeacon|EventSource|import\(/u
    )
  })
})
