/** The closed word lists of FarmProof v1. A word that is not listed here is refused everywhere. */

/** What was done. */
export const actionTypes = ["verify", "fix", "upgrade", "deploy", "resolve", "review", "configure", "observe"] as const

/** Which kind of work it was; each category has its own base rate of coins. */
export const categories = ["maintenance", "toil", "reliability", "security", "incident", "upgrade"] as const

/** Who did it. People and machines grow the same farm on different boards. */
export const actorTypes = ["human", "bot", "system"] as const

/** How it ended; only verified success earns coins. */
export const outcomeStatuses = ["success", "failure", "partial"] as const

/** How hard it was, as the plugin saw it. */
export const complexities = ["low", "medium", "high"] as const

/** One of {@link actionTypes}. */
export type ActionType = (typeof actionTypes)[number]

/** One of {@link categories}. */
export type Category = (typeof categories)[number]

/** One of {@link actorTypes}. */
export type ActorType = (typeof actorTypes)[number]

/** One of {@link outcomeStatuses}. */
export type OutcomeStatus = (typeof outcomeStatuses)[number]

/** One of {@link complexities}. */
export type Complexity = (typeof complexities)[number]
