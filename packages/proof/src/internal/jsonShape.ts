/** What a parsed JSON value is made of, for the forms that are too small for a table of fields. */
import { parseCount } from "../checkpoint.ts"

/** A plain JSON object. */
export type Json = Readonly<Record<string, unknown>>

/** Whether a value is an object, and no list. */
export const isRecord = (value: unknown): value is Json =>
  typeof value === "object" && value !== null && !Array.isArray(value)

/** Whether it has these keys and no others. */
export const hasKeys = (value: unknown, keys: ReadonlyArray<string>): value is Json =>
  isRecord(value) && Object.keys(value).length === keys.length && keys.every((key) => Object.hasOwn(value, key))

/** A string of one spelling. */
export const isText = (value: unknown, pattern: RegExp): value is string =>
  typeof value === "string" && pattern.test(value)

/** An integer from 0 to 2^53 − 1. */
export const isCount = (value: unknown): value is number =>
  typeof value === "number" && parseCount(String(value)) === value

/** A list of which each item passes. */
export const isListOf = (value: unknown, check: (item: unknown) => boolean): value is ReadonlyArray<unknown> =>
  Array.isArray(value) && value.every(check)
