/**
 * The farm's calendar. A farm-day is a date in the ledger's one time zone, whatever zone the worker or the reader is in.
 * Arithmetic is done on day numbers: whole days since 1970-01-01, so that no clock change can shorten or lengthen a day.
 */

/** The days of a week as rules name them. */
export const weekdays = ["sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"] as const

/** One of {@link weekdays}. */
export type Weekday = (typeof weekdays)[number]

const dayMs = 86_400_000
const lastDay = "9999-12-31"
// What the wire can spell.
const firstMs = Date.parse("0001-01-01T00:00:00Z")
const lastMs = Date.parse(`${lastDay}T23:59:59Z`)

// Only real zone names get in here, and there are a few hundred of those.
const formatters = new Map<string, Intl.DateTimeFormat>()

const formatterOf = (timeZone: string): Intl.DateTimeFormat | null => {
  const known = formatters.get(timeZone)
  if (known !== undefined) return known
  try {
    const made = new Intl.DateTimeFormat("en-US", {
      timeZone,
      calendar: "gregory",
      numberingSystem: "latn",
      year: "numeric",
      month: "2-digit",
      day: "2-digit"
    })
    formatters.set(timeZone, made)
    return made
  } catch {
    return null
  }
}

/** Whether this machine knows the IANA time zone. Ask before a zone is put into a ledger. */
export const isTimeZone = (timeZone: string): boolean => formatterOf(timeZone) !== null

/** The farm-day, `YYYY-MM-DD`, of a proof's timestamp. A zone that {@link isTimeZone} refuses counts as UTC. */
export const farmDayOf = (timestamp: string, timeZone: string): string => {
  const utcDay = timestamp.slice(0, 10)
  const formatter = timeZone === "UTC" ? null : formatterOf(timeZone)
  // The first day that the wire can spell has nothing before it that could be spelled.
  if (formatter === null || utcDay === "0001-01-01") return utcDay
  const parts = formatter.formatToParts(new Date(timestamp))
  const part = (type: Intl.DateTimeFormatPartTypes) => parts.find((one) => one.type === type)?.value ?? ""
  const year = part("year").padStart(4, "0")
  return year.length > 4 ? lastDay : `${year}-${part("month")}-${part("day")}`
}

/** The day number of a `YYYY-MM-DD`. */
export const dayNumberOf = (day: string): number => Math.floor(Date.parse(`${day}T00:00:00Z`) / dayMs)

/** The `YYYY-MM-DD` of a day number. */
export const dayOfNumber = (dayNumber: number): string => new Date(dayNumber * dayMs).toISOString().slice(0, 10)

/** The weekday of a day number: 0 is Sunday. */
export const weekdayOf = (dayNumber: number): number => (((dayNumber + 4) % 7) + 7) % 7

const wireTime = (ms: number): string => `${new Date(ms).toISOString().slice(0, 19)}Z`

/** Whether a text is a real date, spelled `YYYY-MM-DD`, of those that the wire can spell. */
export const isFarmDay = (text: string): boolean => {
  const ms = Date.parse(`${text}T00:00:00Z`)
  return ms >= firstMs && ms <= lastMs && wireTime(ms).slice(0, 10) === text
}

// No zone was ever further from UTC.
const offsetMsMax = 16 * 3_600_000

/** The first second after which something holds that does not before `from` and does from `until` on; what of it can be spelled. */
const firstSecond = (from: number, until: number, holds: (time: string) => boolean): number => {
  let before = Math.max(from, firstMs)
  let at = Math.min(until, lastMs)
  while (at - before > 1000) {
    const middle = before + Math.floor((at - before) / 2000) * 1000
    if (holds(wireTime(middle))) at = middle
    else before = middle
  }
  return at
}

/**
 * When a day of a zone begins, in the wire's spelling: the first second that is of its date or, where the zone left that out,
 * of a later one.
 */
export const startOfDay = (dayNumber: number, timeZone: string): string => {
  const midnight = dayNumber * dayMs
  const holds = (time: string) => dayNumberOf(farmDayOf(time, timeZone)) >= dayNumber
  return wireTime(firstSecond(midnight - offsetMsMax, midnight + offsetMsMax, holds))
}

/** The last second before something that begins within some days after the date of a day number, or that can be spelled. */
export const lastSecondBefore = (dayNumber: number, daysMax: number, holds: (time: string) => boolean): string => {
  const from = dayNumber * dayMs
  const at = firstSecond(from - offsetMsMax, from + daysMax * dayMs, holds)
  return wireTime(holds(wireTime(at)) ? at - 1000 : at)
}
