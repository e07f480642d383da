/** UUID version 7 (RFC 9562 §5.7): 48 bits of Unix milliseconds, then random bits. Order within a chain is `sequence`, not this. */
import { Clock, Effect } from "effect"
import { encodeHex } from "./hex.ts"
import { randomBytesOfBlock } from "./internal/randomBytes.ts"

/** The time part holds 48 bits: until the year 10889. */
const timeMsMax = 2 ** 48 - 1

/** A fresh identifier in its lowercase spelling; two made in the same millisecond differ in 74 random bits. */
export const uuidV7: Effect.Effect<string> = Effect.gen(function* () {
  const timeMs = Math.min(Math.max(yield* Clock.currentTimeMillis, 0), timeMsMax)
  const bytes = yield* randomBytesOfBlock(16)
  for (let at = 0; at < 6; at++) bytes[at] = Math.floor(timeMs / 2 ** (8 * (5 - at))) & 0xff
  bytes[6] = 0x70 | ((bytes[6] ?? 0) & 0x0f)
  bytes[8] = 0x80 | ((bytes[8] ?? 0) & 0x3f)
  const hex = encodeHex(bytes)
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
})
