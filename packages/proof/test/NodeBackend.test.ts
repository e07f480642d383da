import type * as NodeCrypto from "node:crypto"
import { randomBytes } from "node:crypto"
import { describe, expect, it, vi } from "vitest"

const imported = vi.hoisted(() => ({ keys: 0 }))

// The real thing, counted.
vi.mock("node:crypto", async (original) => {
  const crypto = await original<typeof NodeCrypto>()
  return {
    ...crypto,
    createPublicKey: (...args: Parameters<typeof crypto.createPublicKey>) => {
      imported.keys++
      return crypto.createPublicKey(...args)
    }
  }
})

// Another test file may have loaded the module already, with the uncounted one.
vi.resetModules()
const { nodeBackend } = await import("../src/NodeBackend.ts")

/** Strict, and so asked of OpenSSL; it need be no true key for that. */
const freshKey = (): Uint8Array => {
  const key = Uint8Array.from(randomBytes(32))
  key[31] = 0x11
  return key
}

const signature = Uint8Array.from({ length: 64 }, (_, at) => (at === 63 ? 0 : 4))

/** How many keys were imported for one verification each. */
const importsFor = (keys: ReadonlyArray<Uint8Array>): number => {
  const before = imported.keys
  for (const key of keys) nodeBackend.verify(signature, new Uint8Array(1), key)
  return imported.keys - before
}

describe("nodeBackend", () => {
  it("imports a key once while it is among the last 256, and then again", () => {
    const [first, ...others] = Array.from({ length: 257 }, freshKey)
    if (first === undefined) throw new Error("there are 257 keys")
    expect(importsFor([first])).toBe(1)
    expect(importsFor([first, first])).toBe(0)
    expect(importsFor(others.slice(0, 255))).toBe(255)
    expect(importsFor([first, ...others.slice(0, 255)])).toBe(0)
    expect(importsFor(others.slice(255))).toBe(1)
    expect(importsFor(others)).toBe(0)
    expect(importsFor([first])).toBe(1)
  })

  it("hashes as SHA-256 does, to bytes and to hex", () => {
    const bytes = new TextEncoder().encode("abc")
    // FIPS 180-2, appendix B.1.
    const abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    expect(Buffer.from(nodeBackend.sha256(bytes)).toString("hex")).toBe(abc)
    expect(nodeBackend.sha256Hex?.(bytes)).toBe(abc)
  })
})
