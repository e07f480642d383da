/** Chains whose key changes: by the key in force, by the recovery key, and in every way in which it must not. */
import type { InvalidVector } from "./invalidVectors.ts"
import {
  agent,
  body,
  hashOf,
  type Loose,
  nextKey,
  placeText,
  recovery,
  rotating,
  signed,
  stranger,
  thirdKey,
  withFields,
  withoutField
} from "./sampleProofs.ts"
import type { ValidVector } from "./validVectors.ts"

type Signed = ReturnType<typeof signed>
type Step = (record: Loose) => Signed

const plain =
  (key = agent): Step =>
  (record) =>
    signed(record, key)
const rotation =
  (to = nextKey, by = agent, change: (record: Loose) => Loose = (record) => record): Step =>
  (record) =>
    signed(change(rotating(record, to)), by)
const possessionOf =
  (text: (record: Loose) => string, key = nextKey): Step =>
  (record) =>
    signed(rotating(record, nextKey, key.sign(text(record))))

/** One record after the other, each made by its step on the one before. */
const grow = (...steps: ReadonlyArray<Step>): ReadonlyArray<Signed> => {
  const parts: Array<Signed> = []
  for (const [at, step] of steps.entries()) parts.push(step(body(at, parts.at(-1)?.record ?? null)))
  return parts
}
const texts = (parts: ReadonlyArray<Signed>) => parts.map((part) => part.text)

const accepted = (name: string, parts: ReadonlyArray<Signed>, recovery_key: string | null = null): ValidVector => ({
  name,
  public_key: agent.publicKey,
  ...(recovery_key === null ? {} : { recovery_key }),
  proofs: texts(parts),
  code: null,
  hash: hashOf(parts.at(-1)?.record ?? {})
})
const refused = (
  name: string,
  code: string,
  line: number,
  parts: ReadonlyArray<Signed>,
  recovery_key: string | null = null
): InvalidVector => ({
  name,
  public_key: agent.publicKey,
  ...(recovery_key === null ? {} : { recovery_key }),
  proofs: texts(parts),
  code,
  line
})
const single = (name: string, code: string, record: Loose): InvalidVector => ({
  name,
  public_key: agent.publicKey,
  proof: signed(record).text,
  code
})

const alone = rotating(body())
const rotated = (path: string, value: unknown) => withFields(alone, { [`key_rotation.${path}`]: value })
const identity = `01${"00".repeat(31)}`

export const validRotations: ReadonlyArray<ValidVector> = [
  { name: "rotation", public_key: agent.publicKey, proof: signed(alone).text, code: null, hash: hashOf(alone) },
  accepted("chain-that-rotates", grow(plain(), rotation(), plain(nextKey))),
  accepted("chain-that-starts-with-a-rotation", grow(rotation(), plain(nextKey))),
  accepted("chain-that-ends-with-a-rotation", grow(plain(), rotation())),
  accepted("chain-that-rotates-twice-running", grow(plain(), rotation(), rotation(thirdKey, nextKey), plain(thirdKey))),
  accepted("chain-that-rotates-twice", grow(rotation(), plain(nextKey), rotation(thirdKey, nextKey), plain(thirdKey))),
  accepted("chain-recovered", grow(plain(), rotation(nextKey, recovery), plain(nextKey)), recovery.publicKey),
  accepted("chain-recovered-at-once", grow(rotation(nextKey, recovery), plain(nextKey)), recovery.publicKey),
  accepted(
    "chain-recovered-after-a-rotation",
    grow(plain(), rotation(), rotation(thirdKey, recovery), plain(thirdKey)),
    recovery.publicKey
  ),
  accepted("chain-that-never-needs-its-recovery-key", grow(plain(), plain()), recovery.publicKey),
  accepted("chain-that-rotates-beside-a-recovery-key", grow(rotation(), plain(nextKey)), recovery.publicKey)
]

export const invalidRotations: ReadonlyArray<InvalidVector> = [
  // form
  single("rotation-null", "wrong_type", { ...alone, key_rotation: null }),
  single("rotation-as-text", "wrong_type", { ...alone, key_rotation: "yes" }),
  single("rotation-as-array", "wrong_type", { ...alone, key_rotation: [] }),
  single("rotation-empty", "missing_field", { ...alone, key_rotation: {} }),
  single("rotation-without-a-key", "missing_field", withoutField(alone, "key_rotation.new_public_key")),
  single("rotation-without-possession", "missing_field", withoutField(alone, "key_rotation.possession")),
  single("rotation-with-a-reason", "unknown_field", rotated("reason", "stolen")),
  single("rotation-key-null", "wrong_type", rotated("new_public_key", null)),
  single("rotation-possession-null", "wrong_type", rotated("possession", null)),
  single("rotation-key-short", "bad_format", rotated("new_public_key", nextKey.publicKey.slice(2))),
  single("rotation-key-upper-case", "bad_format", rotated("new_public_key", nextKey.publicKey.toUpperCase())),
  single("rotation-possession-short", "bad_format", rotated("possession", "ab".repeat(63))),
  single("rotation-that-verifies", "rotation_mismatch", withFields(alone, { "action.action_type": "verify" })),
  {
    name: "rotation-key-out-of-order",
    public_key: agent.publicKey,
    proof: signed(alone).text.replace(/(,"key_rotation":\{[^}]*\})(,"outcome":\{[^}]*\})/, "$2$1"),
    code: "not_canonical"
  },
  // keys and possession
  single("rotation-to-the-identity", "bad_key", rotated("new_public_key", identity)),
  single("rotation-to-an-unreduced-key", "bad_key", rotated("new_public_key", `ee${"ff".repeat(30)}7f`)),
  single("rotation-to-no-point", "bad_possession", rotated("new_public_key", `02${"00".repeat(31)}`)),
  single("rotation-possession-zero", "bad_possession", rotated("possession", "0".repeat(128))),
  single(
    "rotation-possession-by-the-old-key",
    "bad_possession",
    rotating(body(), nextKey, agent.sign(placeText(body())))
  ),
  single(
    "rotation-possession-by-a-stranger",
    "bad_possession",
    rotating(body(), nextKey, stranger.sign(placeText(body())))
  ),
  single(
    "rotation-possession-without-the-tag",
    "bad_possession",
    rotating(body(), nextKey, nextKey.sign(placeText(body()).split("\u0000").slice(1).join("")))
  ),
  single(
    "rotation-possession-under-another-tag",
    "bad_possession",
    rotating(body(), nextKey, nextKey.sign(placeText(body()).replace("rotation", "enrolment")))
  ),
  refused("rotation-possession-for-another-place", "bad_possession", 2, [
    ...grow(
      plain(),
      possessionOf((record) => placeText(record, { sequence: 7 }))
    )
  ]),
  refused("rotation-possession-for-another-parent", "bad_possession", 2, [
    ...grow(
      plain(),
      possessionOf((record) => placeText(record, { prev_proof_hash: "ab".repeat(32) }))
    )
  ]),
  refused("rotation-possession-for-another-agent", "bad_possession", 2, [
    ...grow(
      plain(),
      possessionOf((record) => placeText(record, { agent_id: "5b1f7f0c-6a52-4a6e-8d0e-3f6d2a9c5b17" }))
    )
  ]),
  // who signs
  refused("rotation-signed-by-the-new-key", "bad_signature", 2, grow(plain(), rotation(nextKey, nextKey))),
  refused("rotation-signed-by-a-stranger", "bad_signature", 2, grow(plain(), rotation(nextKey, stranger))),
  refused("old-key-after-a-rotation", "bad_signature", 3, grow(plain(), rotation(), plain())),
  refused("new-key-before-its-rotation", "bad_signature", 2, grow(plain(), plain(nextKey), rotation())),
  refused("rotation-by-a-retired-key", "bad_signature", 3, grow(plain(), rotation(), rotation(thirdKey, agent))),
  refused("rotation-by-a-recovery-key-nobody-fixed", "bad_signature", 2, grow(plain(), rotation(nextKey, recovery))),
  refused(
    "rotation-by-another-recovery-key",
    "bad_signature",
    2,
    grow(plain(), rotation(nextKey, stranger)),
    recovery.publicKey
  ),
  refused("work-signed-by-the-recovery-key", "bad_signature", 2, grow(plain(), plain(recovery)), recovery.publicKey),
  refused(
    "old-key-after-a-recovery",
    "bad_signature",
    3,
    grow(plain(), rotation(nextKey, recovery), plain()),
    recovery.publicKey
  ),
  refused(
    "recovery-without-possession",
    "bad_possession",
    2,
    grow(plain(), (record) => signed(rotating(record, nextKey, recovery.sign(placeText(record))), recovery)),
    recovery.publicKey
  ),
  refused("recovery-key-upper-case", "bad_key", 1, grow(plain()), recovery.publicKey.toUpperCase()),
  refused("recovery-key-with-a-space", "bad_key", 1, grow(plain(), rotation(recovery)), `${recovery.publicKey} `),
  refused("recovery-key-that-is-the-enrolled-key", "bad_key", 1, grow(plain()), agent.publicKey),
  refused("recovery-key-of-small-order", "bad_key", 1, grow(plain()), identity),
  // which keys
  refused("rotation-to-the-same-key", "key_reused", 2, grow(plain(), rotation(agent))),
  refused("rotation-back", "key_reused", 3, grow(plain(), rotation(), rotation(agent, nextKey))),
  refused("rotation-to-the-recovery-key", "key_reused", 2, grow(plain(), rotation(recovery)), recovery.publicKey),
  refused(
    "recovery-back-to-a-stolen-key",
    "key_reused",
    3,
    grow(plain(), rotation(), rotation(agent, recovery)),
    recovery.publicKey
  ),
  // its place
  refused("rotation-dropped", "bad_signature", 2, grow(plain(), rotation(), plain(nextKey)).toSpliced(1, 1)),
  refused(
    "rotation-twice",
    "bad_signature",
    3,
    grow(plain(), rotation()).flatMap((part, at) => (at === 1 ? [part, part] : [part]))
  ),
  refused("rotation-swapped-with-the-next", "bad_signature", 2, [
    ...grow(plain()),
    ...grow(plain(), rotation(), plain(nextKey)).slice(1).toReversed()
  ])
]
