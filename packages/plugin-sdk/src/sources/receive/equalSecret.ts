/** Compares what somebody sent with what only the right one can know, in a time that tells nothing of where they differ. */
import { timingSafeEqual } from "node:crypto"

/** Whether two texts are the same. Their lengths are no secret. */
export const equalSecret = (given: string, wanted: string): boolean => {
  const [a, b] = [Buffer.from(given), Buffer.from(wanted)]
  return a.length === b.length && timingSafeEqual(a, b)
}
