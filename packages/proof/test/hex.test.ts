import { describe, expect, it } from "vitest"
import { fingerprintOf, keyFingerprint } from "../src/fingerprint.ts"
import { decodeHex, encodeHex } from "../src/hex.ts"

const allBytes = Uint8Array.from({ length: 256 }, (_, byte) => byte)
const allHex = Buffer.from(allBytes).toString("hex")

/** Runs as in a browser, which has no `Buffer`. */
const withoutBuffer = <A>(run: () => A): A => {
  const kept = globalThis.Buffer
  Object.assign(globalThis, { Buffer: undefined })
  try {
    return run()
  } finally {
    globalThis.Buffer = kept
  }
}

describe("hex", () => {
  it("spells each byte with two lowercase digits and reads it back", () => {
    expect(encodeHex(allBytes)).toBe(allHex)
    expect(decodeHex(allHex)).toEqual(allBytes)
    expect(encodeHex(new Uint8Array())).toBe("")
    expect(decodeHex("")).toEqual(new Uint8Array())
  })

  it("spells the same where there is no Buffer", () => {
    expect(withoutBuffer(() => encodeHex(allBytes))).toBe(allHex)
  })

  it("spells the bytes of a window, not those around it", () => {
    const window = allBytes.subarray(3, 6)
    expect(encodeHex(window)).toBe("030405")
    expect(withoutBuffer(() => encodeHex(window))).toBe("030405")
  })

  it("refuses every character that is no lowercase digit, in both places of a byte", () => {
    for (let unit = 0; unit < 0x200; unit++) {
      const character = String.fromCharCode(unit)
      const isDigit = /^[0-9a-f]$/.test(character)
      for (const text of [`${character}0`, `0${character}`, `00${character}000`]) {
        expect(decodeHex(text) !== null, `${unit} in ${text}`).toBe(isDigit)
      }
    }
    for (const text of ["0", "000", "0\uff11", "\u{1f33e}", " 00", "0x00"]) expect(decodeHex(text)).toBeNull()
  })

  it("refuses a text of which only one digit is wrong, wherever that is", () => {
    for (let at = 0; at < 8; at++) {
      expect(decodeHex(`${"0".repeat(at)}g${"0".repeat(7 - at)}`)).toBeNull()
    }
  })
})

describe("a key's fingerprint", () => {
  it("is the first half of the key's SHA-256 in eight groups", () => {
    // sha256sum of 32 zero bytes begins with these.
    expect(keyFingerprint(new Uint8Array(32))).toBe("6668-7aad-f862-bd77-6c8f-c18b-8e9f-8e20")
    expect(fingerprintOf("00".repeat(32))).toBe("6668-7aad-f862-bd77-6c8f-c18b-8e9f-8e20")
  })

  it("is none for a text that is no lowercase hex", () => {
    for (const text of ["0", "zz".repeat(32), "AA".repeat(32)]) expect(fingerprintOf(text)).toBeNull()
  })
})
