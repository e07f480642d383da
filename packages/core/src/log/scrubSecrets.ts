/**
 * Takes secrets out of a text before it is shown, logged or kept: tokens that are known by their form, and values that are known
 * to be secret. Pure. It is the last net and no licence: a secret is `Redacted` from the first line on.
 */
import { Redacted } from "effect"
import { secretForms } from "./secretForms.ts"

/** What stands where a secret stood. */
export const scrubbed = "<redacted>"

// A shorter value stands in too many honest words.
const secretCharactersMin = 6

/** How a value is spelled where it turns up in an address, in JSON or as Basic credentials. */
const spellings = (secret: string): ReadonlyArray<string> => [
  secret,
  JSON.stringify(secret).slice(1, -1),
  encodeURIComponent(secret.toWellFormed()),
  Buffer.from(secret).toString("base64").replace(/=+$/, "")
]

const longestFirst = (one: string, other: string): number => other.length - one.length

/** Replaces what has the form of a secret, and each of `secrets` however it is spelled. */
export const scrubSecrets = (text: string, secrets: ReadonlyArray<Redacted.Redacted<string>> = []): string => {
  const values = secrets.map((secret) => Redacted.value(secret)).filter((value) => value.length >= secretCharactersMin)
  const known = [...new Set(values.flatMap(spellings))]
    .sort(longestFirst)
    .reduce((scrubbing, value) => scrubbing.replaceAll(value, scrubbed), text)
  return secretForms.reduce((scrubbing, { form }) => scrubbing.replace(form, `$1${scrubbed}`), known)
}
