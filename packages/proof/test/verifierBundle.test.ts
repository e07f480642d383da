import { gzipSync } from "node:zlib"
import { describe, expect, it } from "vitest"
import { bundleOf } from "./bundled.ts"

describe("the verifier as a browser loads it", () => {
  it("has less than 25 kB when it is minified and compressed, and imports nothing more", async () => {
    const { code, files, imports } = await bundleOf(["verify", "verifyFile", "NobleBackend"], "browser")
    const bytes = gzipSync(code, { level: 9 }).length
    console.info(`verifier: ${bytes} bytes compressed, ${code.length} minified`)
    expect(bytes).toBeLessThan(25_000)
    expect(imports).toEqual([])
    const packages = files.flatMap((file) => /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(file)?.[1] ?? [])
    expect(new Set(packages)).toEqual(new Set(["@noble/ed25519", "@noble/hashes"]))
    expect(code).not.toMatch(/from\s*["']|import\s*\(|require\s*\(/)
  })
})
