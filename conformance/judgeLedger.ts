/** Judges what docs/protocol/checkpoints-v1.md describes: proofs over the tree, checkpoints, a tracker's keys, exported proofs. */
import { decodeBase64, encodeBase64 } from "@farmops/proof/base64"
import { type Checkpoint, followsCheckpoint, verifyCheckpoint } from "@farmops/proof/checkpoint"
import { verifyConsistency, verifyInclusion } from "@farmops/proof/merkle"
import { type BundleTrust, verifyProofBundle } from "@farmops/proof/proofBundle"
import { followTrackerKeys } from "@farmops/proof/trackerRotation"
import { badRequest, isTextOrNull, type Judge } from "./verdict.ts"

const base64Bytes = (value: unknown): Uint8Array | null => (typeof value === "string" ? decodeBase64(value) : null)

const base64List = (value: unknown): ReadonlyArray<Uint8Array> | null => {
  // Go spells an empty list null.
  const hashes = value === null ? [] : Array.isArray(value) ? value.map(base64Bytes) : [null]
  return hashes.every((hash) => hash !== null) ? hashes : null
}

const judgeInclusion: Judge = ({ leafHash, leafIdx, proof, root, treeSize }, { sha256 }) => {
  const [leafBytes, rootBytes, hashes] = [base64Bytes(leafHash), base64Bytes(root), base64List(proof)]
  const areNumbers = typeof leafIdx === "number" && typeof treeSize === "number"
  if (!areNumbers || leafBytes === null || rootBytes === null || hashes === null) {
    return badRequest("leafIdx and treeSize must be numbers; leafHash, root and each of proof base64")
  }
  const claim = { index: leafIdx, size: treeSize, leafHash: leafBytes, proof: hashes, root: rootBytes }
  return verifyInclusion(claim, sha256) ? { ok: true } : { ok: false, code: "bad_inclusion" }
}

const judgeConsistency: Judge = ({ proof, root1, root2, size1, size2 }, { sha256 }) => {
  const [bytes1, bytes2, hashes] = [base64Bytes(root1), base64Bytes(root2), base64List(proof)]
  const areNumbers = typeof size1 === "number" && typeof size2 === "number"
  if (!areNumbers || bytes1 === null || bytes2 === null || hashes === null) {
    return badRequest("size1 and size2 must be numbers; root1, root2 and each of proof base64")
  }
  const claim = { size1, size2, proof: hashes, root1: bytes1, root2: bytes2 }
  return verifyConsistency(claim, sha256) ? { ok: true } : { ok: false, code: "bad_consistency" }
}

/** A proof over the tree, apart from any checkpoint. */
export const judgeMerkle: Judge = (request, backend) => {
  if (request.kind === "inclusion") return judgeInclusion(request, backend)
  if (request.kind === "consistency") return judgeConsistency(request, backend)
  return badRequest("kind must be inclusion or consistency")
}

/** A checkpoint, and its place after `before`: another, null when it should be the first, absent when nobody asks. */
export const judgeCheckpoint: Judge = ({ before, note, origin, public_key }, backend) => {
  if (typeof note !== "string" || typeof public_key !== "string" || !isTextOrNull(origin)) {
    return badRequest("note and public_key must be strings and origin a string or null")
  }
  if (before !== undefined && !isTextOrNull(before)) return badRequest("before must be a string, null or absent")
  const checked = verifyCheckpoint(note, { origin, publicKey: public_key }, backend)
  if (!checked.ok) return { ok: false, ...checked.fault }
  if (before !== undefined) {
    let earlier: Checkpoint | null = null
    if (before !== null) {
      const opened = verifyCheckpoint(before, { origin: null, publicKey: public_key }, backend)
      if (!opened.ok) return badRequest("before must be a checkpoint that the same key signed")
      earlier = opened.value
    }
    const fault = followsCheckpoint(earlier, checked.value)
    if (fault !== null) return { ok: false, ...fault }
  }
  const { hash, origin: name, previous, root, size } = checked.value
  return {
    ok: true,
    origin: name,
    size,
    root: encodeBase64(root),
    previous: previous === null ? null : encodeBase64(previous),
    hash: encodeBase64(hash)
  }
}

const isTextList = (value: unknown): value is ReadonlyArray<string> =>
  Array.isArray(value) && value.every((one) => typeof one === "string")

/** A farm's rotations of its tracker's key, all from the first on. */
export const judgeKeys: Judge = ({ farm_id = null, rotations, tracker_key }, backend) => {
  if (!isTextList(rotations) || typeof tracker_key !== "string" || !isTextOrNull(farm_id)) {
    return badRequest("rotations must be an array of strings, tracker_key a string, farm_id a string, null or absent")
  }
  const followed = followTrackerKeys(rotations, { farmId: farm_id, trackerKey: tracker_key }, backend)
  if (!followed.ok) return { ok: false, ...followed.fault }
  const { epochs, farmId } = followed.value
  return {
    ok: true,
    farm_id: farmId,
    from: epochs.map(({ from }) => from),
    keys: epochs.map(({ publicKey }) => publicKey)
  }
}

/** An exported proof, a `*.tlog-proof`; with `rotations`, under the tracker's key that covers its checkpoint. */
export const judgeBundle: Judge = ({ agent_key, bundle, origin, rotations = [], tracker_key }, backend) => {
  if (typeof bundle !== "string" || typeof tracker_key !== "string") {
    return badRequest("bundle and tracker_key must be strings")
  }
  if (!isTextOrNull(agent_key) || !isTextOrNull(origin))
    return badRequest("agent_key and origin must be strings or null")
  if (!isTextList(rotations)) return badRequest("rotations must be an array of strings, or absent")
  const trust: BundleTrust = { origin, trackerKey: tracker_key, agentKey: agent_key }
  const keys =
    rotations.length === 0 ? null : followTrackerKeys(rotations, { farmId: null, trackerKey: tracker_key }, backend)
  if (keys?.ok === false) return { ok: false, part: "keys", ...keys.fault }
  const checked = verifyProofBundle(bundle, keys === null ? trust : { ...trust, keys: keys.value }, backend)
  if (!checked.ok) return { ok: false, ...checked.fault }
  const { checkpoint, checks, hash, index } = checked.value
  return { ok: true, hash, index, size: checkpoint.size, origin: checkpoint.origin, checks }
}
