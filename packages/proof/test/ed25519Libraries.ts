/** Every library behind Ed25519 that is installed here: tests of the port and of the verifier run on each. */
import type { Layer } from "effect"
import type { Ed25519 } from "../src/Ed25519.ts"
import * as Ed25519Noble from "../src/Ed25519Noble.ts"
import * as Ed25519Node from "../src/Ed25519Node.ts"
import * as Ed25519Sodium from "../src/Ed25519Sodium.ts"
import type { SodiumUnavailable } from "../src/loadSodium.ts"
import { nobleBackend } from "../src/NobleBackend.ts"
import { nodeBackend } from "../src/NodeBackend.ts"
import { findSodium, sodiumBackend } from "../src/SodiumBackend.ts"
import type { VerifyBackend } from "../src/strictEd25519.ts"

export interface Ed25519Library {
  readonly name: Ed25519["Service"]["name"]
  readonly layer: Layer.Layer<Ed25519, SodiumUnavailable>
  readonly backend: VerifyBackend
}

const found = findSodium()
if (!found.ok) console.warn("SKIPPED: no sodium-native; install it with: npm install")

export const libraries: ReadonlyArray<Ed25519Library> = [
  { name: "node", layer: Ed25519Node.layer, backend: nodeBackend },
  { name: "noble", layer: Ed25519Noble.layer, backend: nobleBackend },
  ...(found.ok ? [{ name: "sodium", layer: Ed25519Sodium.layer, backend: sodiumBackend(found.sodium) } as const] : [])
]
