/**
 * Takes secrets out of a text before it is shown, logged or kept: tokens that are known by their form, and values that are known
 * to be secret. Pure. It is the last net and no licence: a secret is `Redacted` from the first line on.
 */
import { Redacted } from "effect"

/** What stands where a secret stood. */
export const scrubbed = "<redacted>"

/** Forms of well-known secrets, each with the name by which a finding is told. The first group of a form is kept. */
export const secretForms: ReadonlyArray<{ readonly name: string; readonly form: RegExp }> = [
  {
    name: "private key",
    // Also inside a JSON string, where its line ends are escaped.
    form: /()-----BEGIN [A-Z ]{0,30}PRIVATE KEY(?: BLOCK)?-----(?:[A-Za-z0-9+/=:,.\s-]|\\[nr])*/g
  },
  { name: "GitHub token", form: /()(?<![A-Za-z0-9])(?:gh[opsur]_[A-Za-z0-9_]{16,}|github_pat_[A-Za-z0-9_]{16,})/g },
  { name: "Anthropic key", form: /()sk-ant-[A-Za-z0-9_-]{8,}/g },
  { name: "API key", form: /()(?<![A-Za-z0-9])sk-(?:[a-z]+-)?[A-Za-z0-9_]{20,}/g },
  { name: "AWS access key", form: /()(?<![A-Z0-9])A(?:KIA|SIA)[A-Z0-9]{16}(?![A-Z0-9])/g },
  { name: "GitLab token", form: /()(?<![A-Za-z0-9])glpat-[A-Za-z0-9_-]{20,}/g },
  { name: "npm token", form: /()(?<![A-Za-z0-9])npm_[A-Za-z0-9]{36}/g },
  { name: "Slack token", form: /()(?<![A-Za-z0-9])xox[abeoprs]-[A-Za-z0-9-]{10,}/g },
  { name: "JSON web token", form: /()(?<![A-Za-z0-9])eyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]*/g },
  {
    name: "authorization",
    form: /((?<![A-Za-z])(?:Bearer|Basic|token)\s+)(?=[^\s]*[0-9._=-])[A-Za-z0-9._~+/=-]{16,}/gi
  },
  {
    name: "password in an address",
    form: /((?<![A-Za-z])[a-z][a-z0-9+.-]{1,20}:\/\/)[^\s/@:"'\\]{0,200}:[^\s/@"'\\]{1,200}(?=@)/gi
  }
]

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
