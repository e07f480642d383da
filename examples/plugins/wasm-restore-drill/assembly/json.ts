/** Reads one member of a JSON object at a time: little, but enough for a verdict. The agent only sends JSON that is valid. */

function isSpace(code: i32): bool {
  return code === 32 || code === 9 || code === 10 || code === 13
}

function skipSpace(json: string, from: i32): i32 {
  let at = from
  while (at < json.length && isSpace(json.charCodeAt(at))) at++
  return at
}

// After the closing quotation mark.
function skipString(json: string, from: i32): i32 {
  let at = from + 1
  while (at < json.length && json.charCodeAt(at) !== 34) at += json.charCodeAt(at) === 92 ? 2 : 1
  return at + 1
}

// After the value, whatever it is.
function skipValue(json: string, from: i32): i32 {
  let at = from
  let depth = 0
  while (at < json.length) {
    const code = json.charCodeAt(at)
    if (code === 34) {
      at = skipString(json, at)
    } else if (code === 123 || code === 91) {
      depth++
      at++
    } else if (code === 125 || code === 93) {
      if (depth === 0) return at
      depth--
      at++
    } else if (code === 44 && depth === 0) {
      return at
    } else {
      at++
    }
    if (depth === 0 && (code === 34 || code === 125 || code === 93)) return at
  }
  return at
}

/** The JSON text of a member of an object, the last one of that name as everywhere; "" where there is none. Names are compared as they are spelt. */
export function member(object: string, name: string): string {
  let found = ""
  let at = skipSpace(object, 0)
  if (object.charCodeAt(at) !== 123) return found
  at = skipSpace(object, at + 1)
  while (at < object.length && object.charCodeAt(at) === 34) {
    const end = skipString(object, at)
    const key = object.substring(at + 1, end - 1)
    const value = skipSpace(object, skipSpace(object, end) + 1)
    const after = skipValue(object, value)
    if (key === name) found = object.substring(value, after).trimEnd()
    at = skipSpace(object, skipSpace(object, after) + 1)
  }
  return found
}

/** A whole number from 0 to 2^53 - 1; -1 where the text is none. */
export function count(json: string): i64 {
  if (json.length === 0 || json.length > 16 || (json.length > 1 && json.charCodeAt(0) === 48)) return -1
  let value: i64 = 0
  for (let at = 0; at < json.length; at++) {
    const digit = json.charCodeAt(at) - 48
    if (digit < 0 || digit > 9) return -1
    value = value * 10 + digit
  }
  return value <= 9007199254740991 ? value : -1
}

/** Whether the text is a string. */
export function isString(json: string): bool {
  return json.length >= 2 && json.charCodeAt(0) === 34
}
