/** How text gets into the module and out of it: docs/protocol/plugin-wasm-v1.md. Copy this file. */

/** A place for the request. Nothing is ever freed: each call has a new instance with a memory of its own. */
export function alloc(length: i32): usize {
  return heap.alloc(length)
}

/** The text of a request. */
export function textAt(at: usize, length: i32): string {
  return String.UTF8.decodeUnsafe(at, length)
}

/** An answer: the address in the upper half, the length in the lower one. */
export function answer(json: string): u64 {
  const bytes = String.UTF8.encode(json)
  return ((changetype<usize>(bytes) as u64) << 32) | (bytes.byteLength as u64)
}
