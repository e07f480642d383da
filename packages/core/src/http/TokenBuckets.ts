/** How often each of many may ask: a bucket of tokens for each, filled at a steady rate. The table is bounded; who has not asked for longest is forgotten, and begins anew with a full bucket. */

/** Requests a second in the long run, and how many may come at once. */
export interface Rate {
  readonly perSecond: number
  readonly burst: number
}

interface Bucket {
  readonly tokens: number
  readonly atMs: number
}

/** Buckets that are remembered at once: a few megabytes. */
export const bucketsMax = 10_000

/** See the top of the file. */
export class TokenBuckets {
  readonly #buckets = new Map<string, Bucket>()

  /** How many are remembered now. */
  get size(): number {
    return this.#buckets.size
  }

  /** Takes a token at `nowMs`; answers 0, or after how many milliseconds there will be one. */
  take(key: string, { burst, perSecond }: Rate, nowMs: number): number {
    const bucket = this.#buckets.get(key)
    const grown = bucket === undefined ? burst : bucket.tokens + (Math.max(nowMs - bucket.atMs, 0) * perSecond) / 1000
    const tokens = Math.min(grown, burst)
    const isTaken = tokens >= 1
    // Put last again: a map keeps the order in which its keys came.
    this.#buckets.delete(key)
    this.#buckets.set(key, { tokens: isTaken ? tokens - 1 : tokens, atMs: nowMs })
    if (this.#buckets.size > bucketsMax) this.#forgetOldest()
    return isTaken ? 0 : Math.ceil(((1 - tokens) * 1000) / perSecond)
  }

  #forgetOldest(): void {
    const [oldest] = this.#buckets.keys()
    if (oldest !== undefined) this.#buckets.delete(oldest)
  }
}
