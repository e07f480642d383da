/** Remembers the last deliveries by the id that the sender gave them, a bounded number. What is forgotten, the sink still knows. */

/** How a delivery id stands to those before. */
export type Recurrence = "new" | "same" | "conflict"

// A busy organisation's hour. Each entry is some 250 bytes.
const deliveriesMax = 10_000

/** The last deliveries that were taken. */
export interface RecentDeliveries {
  /** `conflict`: the id came with another observation before. */
  readonly look: (deliveryId: string, observationId: string) => Recurrence
  /** Only for what is on disk. */
  readonly keep: (deliveryId: string, observationId: string) => void
}

/** None yet. */
export const makeRecentDeliveries = (max = deliveriesMax): RecentDeliveries => {
  const taken = new Map<string, string>()
  return {
    look: (deliveryId, observationId) => {
      const before = taken.get(deliveryId)
      return before === undefined ? "new" : before === observationId ? "same" : "conflict"
    },
    keep: (deliveryId, observationId) => {
      taken.delete(deliveryId)
      taken.set(deliveryId, observationId)
      const [oldest] = taken.keys()
      if (taken.size > max && oldest !== undefined) taken.delete(oldest)
    }
  }
}
