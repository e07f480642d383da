/**
 * Asks a library about signatures on which libraries are known to disagree. One that answers otherwise than FarmOps does
 * must never judge a proof: every `Ed25519` layer asks before it serves.
 */
import { decodeHex, encodeHex } from "./hex.ts"
import type { VerifyBackend } from "./strictEd25519.ts"

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text)
const bytesOf = (hex: string): Uint8Array => decodeHex(hex) ?? new Uint8Array()

/** RFC 8032 §7.1, test 2: what a signer must make of this seed and message. */
export const rfc8032 = {
  seed: "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
  publicKey: "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
  message: Uint8Array.of(0x72),
  signature:
    "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
} as const

const sha256OfAbc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"

// From conformance/ed25519/v1/edges.json: an ordinary key, and the same key plus a point of order 8.
const key = "45934e56c16dd7c78b6c0aed6840277f205ebfc754ae5be66d18d0a0889aac60"
const mixedKey = "1e33dfc252b9f36e6190bdee01f4a53249ef44e30b99b92df63c344a86ab24f1"

interface Case {
  readonly name: string
  readonly valid: boolean
  readonly publicKey: string
  readonly message: Uint8Array
  readonly signature: string
}

const cases: ReadonlyArray<Case> = [
  {
    name: "RFC 8032 test 2",
    valid: true,
    publicKey: rfc8032.publicKey,
    message: rfc8032.message,
    signature: rfc8032.signature
  },
  {
    name: "a trailing byte",
    valid: false,
    publicKey: rfc8032.publicKey,
    message: rfc8032.message,
    signature: `${rfc8032.signature}00`
  },
  {
    name: "a missing byte",
    valid: false,
    publicKey: rfc8032.publicKey,
    message: rfc8032.message,
    signature: rfc8032.signature.slice(0, -2)
  },
  {
    name: "a message of many blocks",
    valid: true,
    publicKey: key,
    message: new Uint8Array(1023).fill(0x66),
    signature:
      "570a2140c78498aafa35eb41f94c709e8dc6d6836e6bfaade94ced503a2e2983994f5dc8d4f2e484be96b982888f5848331d75552b06e8440dfb630b6a188903"
  },
  {
    name: "S plus the group order",
    valid: false,
    publicKey: key,
    message: utf8("FarmOps"),
    signature:
      "570a2140c78498aafa35eb41f94c709e8dc6d6836e6bfaade94ced503a2e2983032addc3966aaa3f62c1c7fe3153d4facb5373b376401dc587dd2d0fd50d7f1e"
  },
  {
    name: "key of small order",
    valid: false,
    publicKey: "0100000000000000000000000000000000000000000000000000000000000000",
    message: utf8("FarmOps"),
    signature:
      "01000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000"
  },
  {
    name: "R of small order",
    valid: false,
    publicKey: key,
    message: utf8("FarmOps"),
    signature:
      "01000000000000000000000000000000000000000000000000000000000000000e7b4d5417e48220c9f2188289c77aa7070ba61958541ea8e5ddf98d83d6fc0a"
  },
  {
    name: "key not reduced",
    valid: false,
    publicKey: "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    message: utf8("low-order key, message 0"),
    signature:
      "570a2140c78498aafa35eb41f94c709e8dc6d6836e6bfaade94ced503a2e29833756fb3ebddbd32f2af85ebfc80e812e50276cba37456d4cde2d3a2a115c3707"
  },
  {
    name: "R not reduced",
    valid: false,
    publicKey: key,
    message: utf8("FarmOps"),
    signature:
      "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7fd3a3ca1a8597af89b31040793d8532533fca0aeb94f270c6b0b6db8d6e808304"
  },
  {
    name: "key of mixed order, small part vanishes",
    valid: true,
    publicKey: mixedKey,
    message: utf8("mixed key 0, message 0"),
    signature:
      "570a2140c78498aafa35eb41f94c709e8dc6d6836e6bfaade94ced503a2e2983496c38c5b5a8e6ade8d6c52d01ff8b131d18dd3fb2e4078c73657b13fd97af09"
  },
  {
    name: "key of mixed order, small part remains",
    valid: false,
    publicKey: mixedKey,
    message: utf8("mixed key 0, message 1"),
    signature:
      "570a2140c78498aafa35eb41f94c709e8dc6d6836e6bfaade94ced503a2e2983628b273e23b351be3ab1874d1a2618a825f1832aa9816835013ff72279459805"
  }
]

/** The name of the first case that `backend` decides wrongly or cannot decide; null when it answers as FarmOps does. */
export const selfTest = (backend: VerifyBackend): string | null => {
  try {
    if (encodeHex(backend.sha256(utf8("abc"))) !== sha256OfAbc) return "SHA-256 of abc"
  } catch {
    return "SHA-256 of abc"
  }
  for (const { message, name, publicKey, signature, valid } of cases) {
    try {
      if (backend.verify(bytesOf(signature), message, bytesOf(publicKey)) !== valid) return name
    } catch {
      return name
    }
  }
  return null
}
