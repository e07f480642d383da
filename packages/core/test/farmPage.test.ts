import { createHash } from "node:crypto"
import { Script } from "node:vm"
import { describe, expect, it } from "@effect/vitest"
import { farmPageCsp, farmPageHtml } from "@farmops/core/api/farmPage"

const html = farmPageHtml()
const inside = (name: string): string => new RegExp(`<${name}>([^]*?)</${name}>`, "u").exec(html)?.[1] ?? ""
const hashed = (text: string): string => `'sha256-${createHash("sha256").update(text, "utf8").digest("base64")}'`

describe("the farm page", () => {
  it("is one document under 40 kB that asks nobody else for anything", () => {
    expect(Buffer.byteLength(html)).toBeLessThan(40_000)
    const addresses = [...html.matchAll(/https?:\/\/[^\s"'<)]+/gu)].map(([address]) => address)
    // A name of a vocabulary, in the icon; no browser fetches it.
    expect(addresses).toEqual(["http://www.w3.org/2000/svg"])
    expect(html).not.toMatch(/@import|url\(/u)
    for (const [, address = ""] of html.matchAll(/(?:src|href)="([^"]*)"/gu))
      expect(address).toMatch(/^(?:\/|#|data:)/u)
  })

  it("is allowed by its policy to run its own script and style and nothing else", () => {
    expect(farmPageCsp).toContain(`script-src ${hashed(inside("script"))};`)
    expect(farmPageCsp).toContain(`style-src ${hashed(inside("style"))};`)
    expect(farmPageCsp).toContain("default-src 'none'")
    expect(farmPageCsp).not.toMatch(/unsafe|\*|https?:/u)
    expect(html.match(/<script/gu)).toHaveLength(1)
    expect(html).not.toMatch(/\sstyle=|\son\w+=/u)
  })

  it("carries a script that parses and that never makes markup of text", () => {
    expect(() => new Script(inside("script"))).not.toThrow()
    expect(inside("script")).not.toMatch(/innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(|new Function/u)
  })

  it("has the places that its script fills", () => {
    const ids = new Set([...html.matchAll(/\sid="([\w-]+)"/gu)].map(([, id]) => id))
    const used = [...inside("script").matchAll(/(?:\$|put|bump)\("([\w-]+)"/gu)].map(([, id]) => id)
    expect(used.length).toBeGreaterThan(20)
    for (const id of used) expect(ids).toContain(id)
  })
})
