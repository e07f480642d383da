/** The fixed parts of a canonical record from its outcome to its end, for a walk over its bytes. */

/** A fixed part of a record, kept in words: comparing four bytes at a time is three times as fast. */
export interface Part {
  readonly length: number
  /** The bytes before the first word, at most three. */
  readonly head: Uint8Array
  readonly words: Int32Array
}

const part = (text: string): Part => {
  const bytes = new TextEncoder().encode(text)
  const head = bytes.length % 4
  const view = new DataView(bytes.buffer, bytes.byteOffset)
  const words = Int32Array.from({ length: (bytes.length - head) / 4 }, (_, at) => view.getInt32(head + 4 * at))
  return { length: bytes.length, head: bytes.subarray(0, head), words }
}

// In the order in which they are met. What stands between two of them has a fixed length, or is digits or one word.
export const closing = part('"}')
export const timestampKey = part('","timestamp":"')
export const signatureKey = part(',"signature":"')
export const sequenceKey = part('},"sequence":')
export const hintsKey = part('","schema_version":"1","scoring_hints":')
export const proofIdKey = part('"proof_id":"')
export const noParent = part('},"prev_proof_hash":null,"prev_proof_id":null,')
export const afterPrevId = part('",')
export const prevIdKey = part('","prev_proof_id":"')
export const prevHashKey = part('},"prev_proof_hash":"')
export const verifiedKey = part('","verified":')
export const statusKey = part('","status":"')
export const outcomeKey = part('},"outcome":{"evidence_hash":"')
export const possessionKey = part('","possession":"')
export const rotationKey = part(',"key_rotation":{"new_public_key":"')
