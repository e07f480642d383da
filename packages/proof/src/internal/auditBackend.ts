/** The libraries that a thread can be told to verify with. */
import { nodeBackend } from "../NodeBackend.ts"
import { findSodium, sodiumBackend } from "../SodiumBackend.ts"
import { selfTest } from "../selfTest.ts"
import type { VerifyBackend } from "../strictEd25519.ts"

/** By name, as it travels to the thread. */
export type AuditBackendName = "node" | "sodium"

/** Which library, and from where it is looked for. */
export interface AuditLibrary {
  readonly name: AuditBackendName
  readonly sodiumFrom?: string
}

/** The backend of a name, tested, or why it cannot be used here. */
export const auditBackend = ({
  name,
  sodiumFrom
}: AuditLibrary):
  | { readonly ok: true; readonly backend: VerifyBackend }
  | { readonly ok: false; readonly detail: string } => {
  if (name === "node") {
    const wrong = selfTest(nodeBackend)
    return wrong === null
      ? { ok: true, backend: nodeBackend }
      : { ok: false, detail: `node:crypto decides wrongly: ${wrong}` }
  }
  const found = findSodium(sodiumFrom)
  if (!found.ok) return { ok: false, detail: `sodium-native is ${found.reason.replace("_", " ")}: ${found.detail}` }
  const backend = sodiumBackend(found.sodium)
  const wrong = selfTest(backend)
  return wrong === null ? { ok: true, backend } : { ok: false, detail: `sodium-native decides wrongly: ${wrong}` }
}
