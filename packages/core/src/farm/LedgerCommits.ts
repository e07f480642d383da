/** Word that the ledger has changed, for whoever shows it or signs it. Local to one process. */
import { Context, Effect, Layer, PubSub } from "effect"

/** Speaks up after commits. A slow listener hears one word for many of them; nobody is waited for. */
export class LedgerCommits extends Context.Service<
  LedgerCommits,
  {
    readonly committed: PubSub.PubSub<void>
    /** To be said after a commit, never before. */
    readonly announce: Effect.Effect<void>
  }
>()("@farmops/core/farm/LedgerCommits") {
  static readonly layer: Layer.Layer<LedgerCommits> = Layer.effect(
    this,
    // One message stands for any number of commits that nobody has looked at yet.
    Effect.map(PubSub.sliding<void>(1), (committed) => ({
      committed,
      announce: Effect.asVoid(PubSub.publish(committed, undefined))
    }))
  )
}
