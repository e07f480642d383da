/** A plugin for restore drills, as a WebAssembly module: a backup counts once somebody has restored it and compared it. */
import { answer, textAt } from "./abi"
import { count, isString, member } from "./json"

export { alloc } from "./abi"

export function describe(): u64 {
  return answer(
    `{
      "plugin_id": "example/wasm-restore-drill",
      "version": "1.0.0",
      "description": "Verifies that a backup was restored and is the same as the original.",
      "categories": ["reliability"],
      "sources": [{ "source_type": "restore-drills", "permissions": ["read"], "fields": [] }],
      "description_templates": ["Restored a backup and compared {tables} tables"]
    }`
  )
}

function no(verdict: string, reason: string): u64 {
  return answer(`{"verdict":"${verdict}","reason":"${reason}"}`)
}

export function verify(at: usize, length: i32): u64 {
  const drill = member(textAt(at, length), "data")
  const tables = count(member(drill, "tables"))
  const differing = count(member(drill, "differing"))
  if (!isString(member(drill, "database")) || tables < 0 || differing < 0 || tables > i32.MAX_VALUE) {
    return no("inconclusive", "this is not a restore drill")
  }
  if (tables < 1) return no("inconclusive", "the report names no tables")
  if (differing > 0) return no("rejected", "the restored tables differ")
  const complexity = tables > 50 ? "high" : "medium"
  return answer(
    `{
      "verdict": "verified",
      "action_type": "verify",
      "category": "reliability",
      "description": "Restored a backup and compared ${tables.toString()} tables",
      "scoring_hints": { "complexity": "${complexity}", "impact_radius": 5, "artifacts_touched": ${tables.toString()} },
      "evidence": ${drill}
    }`
  )
}
