/**
 * The ledger's time zone through the years. The owner may change it, and no change can shorten a day or make one more: the
 * present farm-day lasts at least to its own end, and from there on to the first midnight of the new zone that begins a later
 * date. Dates that fall out in between are nobody's missed days.
 *
 * ```
 *  from UTC to Pacific/Auckland on the 16th       from Pacific/Auckland to UTC
 *  UTC       16 ──────────────┐ 17                Auckland  16 ─────┐ 17
 *  farm-day  16 ──────────────┴───────┐ 18        farm-day  16 ─────┴────┐ 17
 *  Auckland         17                └ 18        UTC            16      └ 17
 * ```
 */
import { Result, Schema } from "effect"
import { dayNumberOf, dayOfNumber, farmDayOf, isFarmDay, isTimeZone, lastSecondBefore, startOfDay } from "./farmDay.ts"

/** One change of zone. Days are day numbers. */
export const ZoneSpan = Schema.Struct({
  time_zone: Schema.String,
  /** The last farm-day that was counted in the zone before; it lasts until `from`. */
  last_day: Schema.Int,
  /** The first farm-day that is counted in this zone: the next one, whatever dates lie between. */
  from_day: Schema.Int,
  /** When that day begins, in the wire's spelling. */
  from: Schema.String
})

/** See the schema of the same name. */
export type ZoneSpan = typeof ZoneSpan.Type

/** A ledger's zone and its changes, oldest first: each begins later and counts later days than the one before. */
export const LedgerCalendar = Schema.Struct({ time_zone: Schema.String, changes: Schema.Array(ZoneSpan) })

/** See the schema of the same name. */
export type LedgerCalendar = typeof LedgerCalendar.Type

const FarmDay = Schema.String.check(
  Schema.isPattern(/^\d{4}-\d{2}-\d{2}$/),
  Schema.makeFilter((text: string) => isFarmDay(text) || "expected a real date spelled YYYY-MM-DD")
)

/** What a ledger writes down of a change; the rest follows from the zone. */
export const ZoneChange = Schema.Struct({ time_zone: Schema.String, last_day: FarmDay, from_day: FarmDay })

/** See the schema of the same name. */
export type ZoneChange = typeof ZoneChange.Type

/** Why the zone stays as it is: `under_way` until the change before has begun, `end_of_time` in the last days of year 9999. */
export type ZoneChangeRefusal = "unknown_zone" | "same_zone" | "under_way" | "too_many" | "end_of_time"

/** A farm moves some dozens of times; every reader of the calendar walks past each change. */
export const zoneChangesMax = 1000

/** The calendar of a ledger whose zone was never changed. */
export const calendarOf = (timeZone: string): LedgerCalendar => ({ time_zone: timeZone, changes: [] })

const spanAt = (calendar: LedgerCalendar, timestamp: string): number => {
  // Most questions are about now, so the search starts with the newest.
  let at = calendar.changes.length - 1
  while (at >= 0 && timestamp < (calendar.changes[at]?.from ?? "")) at--
  return at
}

const dayNumberIn = (calendar: LedgerCalendar, timestamp: string): number => {
  const at = spanAt(calendar, timestamp)
  const span = calendar.changes[at]
  const day = dayNumberOf(farmDayOf(timestamp, span?.time_zone ?? calendar.time_zone))
  const last = calendar.changes[at + 1]?.last_day ?? day
  return Math.max(Math.min(day, last), span?.from_day ?? Number.NEGATIVE_INFINITY)
}

/** The farm-day, `YYYY-MM-DD`, of a timestamp in the wire's spelling. A zone's bare name is a calendar without changes. */
export const farmDayIn = (calendar: LedgerCalendar | string, timestamp: string): string => {
  if (typeof calendar === "string") return farmDayOf(timestamp, calendar)
  if (calendar.changes.length === 0) return farmDayOf(timestamp, calendar.time_zone)
  return dayOfNumber(dayNumberIn(calendar, timestamp))
}

/** The zone in which the farm-day of a timestamp began. */
export const timeZoneAt = (calendar: LedgerCalendar, timestamp: string): string =>
  calendar.changes[spanAt(calendar, timestamp)]?.time_zone ?? calendar.time_zone

/** The changes that stand before one that was decided on `lastDay`: one that had not begun by then is taken back. */
const begunBy = (calendar: LedgerCalendar, lastDay: number): LedgerCalendar => ({
  ...calendar,
  changes: calendar.changes.filter(({ from_day }) => from_day <= lastDay)
})

/** The calendar after a change that was decided before: what a replay does with each one that the ledger holds. */
export const applyZoneChange = (calendar: LedgerCalendar, change: ZoneChange): LedgerCalendar => {
  const last_day = dayNumberOf(change.last_day)
  const from_day = dayNumberOf(change.from_day)
  const before = begunBy(calendar, last_day)
  const from = startOfDay(from_day, change.time_zone)
  return { ...before, changes: [...before.changes, { time_zone: change.time_zone, last_day, from_day, from }] }
}

/** The first day of a zone that begins no earlier than `end` and is later than `after`. */
const firstDayFrom = (end: string, after: number, timeZone: string): number => {
  const day = Math.max(dayNumberOf(farmDayOf(end, timeZone)), after + 1)
  const start = startOfDay(day, timeZone)
  // A zone may have left out a date of its own.
  return dayNumberOf(farmDayOf(start >= end ? start : startOfDay(day + 1, timeZone), timeZone))
}

const lastDayOfTime = dayNumberOf("9999-12-31")

/** What a change is decided on. */
export interface ZoneChangeInput {
  readonly calendar: LedgerCalendar
  readonly timeZone: string
  /** In the wire's spelling. */
  readonly now: string
  /** The newest farm-day that the ledger counted work in, as a day number: a worker's clock may run ahead. */
  readonly newestDay?: number
}

/**
 * Decides a change of zone. One that has not begun is replaced, as long as the present day's own end has not come; after
 * that its beginning has to be waited for, since hours have passed that only it accounts for.
 */
export const changeZone = (input: ZoneChangeInput): Result.Result<ZoneChange, ZoneChangeRefusal> => {
  const { calendar, now, timeZone } = input
  if (!isTimeZone(timeZone)) return Result.fail("unknown_zone")
  if ((calendar.changes.at(-1) ?? calendar).time_zone === timeZone) return Result.fail("same_zone")
  const present = dayNumberIn(calendar, now)
  const lastDay = Math.max(present, input.newestDay ?? present)
  if (lastDay > lastDayOfTime - 7) return Result.fail("end_of_time")
  const before = begunBy(calendar, lastDay)
  if (dayNumberIn(before, now) > present) return Result.fail("under_way")
  if (before.changes.length >= zoneChangesMax) return Result.fail("too_many")
  const zone = before.changes.at(-1)?.time_zone ?? before.time_zone
  const fromDay = firstDayFrom(startOfDay(lastDay + 1, zone), lastDay, timeZone)
  return Result.succeed({ time_zone: timeZone, last_day: dayOfNumber(lastDay), from_day: dayOfNumber(fromDay) })
}

// A day, and the long way around the world to the next midnight: less than three.
const dayEndsWithin = 5

/** The last second, in the wire's spelling, at which a farm-day has not been followed by a later one. */
export const lastSecondOf = (calendar: LedgerCalendar, day: string): string => {
  const number = dayNumberOf(day)
  return lastSecondBefore(number, dayEndsWithin, (time) => dayNumberIn(calendar, time) > number)
}
