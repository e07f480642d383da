/** What is known of a chain where its next record is to be checked. */

/** The last proof of a chain, as far as the next one needs it. */
export interface ChainHead {
  readonly sequence: number
  readonly proofId: string
  readonly hash: string
}

/** From this sequence on the chain is signed by this key, until the next epoch. */
export interface KeyEpoch {
  readonly firstSequence: number
  readonly publicKey: string
}

/** What the records before `from` have shown: without it, a later record is compared only with those that come after it. */
export interface ChainPast {
  readonly agentId: string | null
  /** The last key is the one in force. */
  readonly epochs: ReadonlyArray<KeyEpoch>
  /** Every `proof_id` so far, as its 16 bytes. The verifier adds to it. */
  readonly ids: { readonly has: (id: Uint8Array) => boolean; readonly add: (id: Uint8Array) => void }
}
