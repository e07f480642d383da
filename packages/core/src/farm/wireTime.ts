/** Time as it travels: UTC to the second, `YYYY-MM-DDTHH:MM:SSZ`, from Effect's clock. */
import { DateTime, Effect } from "effect"

/** A point in time in the wire's one spelling; parts of a second are dropped. */
export const spellTime = (time: DateTime.DateTime): string => DateTime.formatIso(time).replace(/\.\d+Z$/, "Z")

/** Now, in the wire's spelling. */
export const wireNow: Effect.Effect<string> = Effect.map(DateTime.now, spellTime)
