/** How words, names and numbers are spelled in the harness's file. What a check says is the end of a sentence that begins with the path. */
import { Schema } from "effect"

/** Anything but nothing. */
export const Text = Schema.String.check(Schema.isMinLength(1))

/** A secret of the file: taken from the environment, printed as `<redacted>`. */
export const Secret = Schema.RedactedFromValue(Text, { label: "secret" })

const spelled = (fits: (text: string) => boolean, expected: string) =>
  Schema.String.check(Schema.makeFilter((text: string) => fits(text) || `expected ${expected}`))

/** How GitHub spells an account: letters, digits and single hyphens inside. */
export const Account = spelled(
  (text) => /^[A-Za-z0-9](?:-?[A-Za-z0-9]){0,38}$/.test(text),
  "the name of a GitHub account"
)

/** A bot's account ends in `[bot]` where it belongs to an app. */
export const BotAccount = spelled(
  (text) => /^[A-Za-z0-9](?:-?[A-Za-z0-9]){0,38}(?:\[bot\])?$/.test(text),
  "the name of a GitHub account"
)

/** The part of `owner/name` behind the stroke. */
export const RepositoryName = spelled(
  (text) => /^[A-Za-z0-9._-]{1,100}$/.test(text) && text !== "." && text !== "..",
  "the name of a GitHub repository"
)

/** GitHub's own bound for a label's name. A name with blanks around it is never the one on GitHub. */
export const LabelName = spelled(
  (text) => text.length >= 1 && text.length <= 50 && text.trim() === text && !/\p{Cc}/u.test(text),
  "a label's name: 1 to 50 characters on one line, without blanks around it"
)

/** An address of a service; what it holds of a password would be printed with it. */
export const HttpUrl = spelled((text) => {
  const url = URL.canParse(text) ? new URL(text) : null
  return url !== null && ["http:", "https:"].includes(url.protocol) && url.username === "" && url.password === ""
}, "an http or https address without a password in it")

/** A host as it stands in a link: no scheme, no path. */
export const HostName = spelled(
  (text) => /^(?=.{1,253}$)[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)+$/.test(text),
  "a host in lowercase letters, such as docs.example.org, without scheme or path"
)

/** An integer within bounds. */
export const wholeNumber = (minimum: number, maximum: number) =>
  Schema.Int.check(
    Schema.makeFilter(
      (n: number) => (n >= minimum && n <= maximum) || `expected a whole number from ${minimum} to ${maximum}`
    )
  )

/** US dollars; more than this a day is a typing error. */
export const Dollars = Schema.Finite.check(
  Schema.makeFilter((n: number) => (n >= 0 && n <= 10_000) || "expected US dollars from 0 to 10000")
)

/** A check that no two of a list are the same but for capitals, as GitHub sees them. */
export const eachOnce = <A>(nameOf: (one: A) => string, expected: string) =>
  Schema.makeFilter(
    (all: ReadonlyArray<A>) =>
      new Set(all.map((one) => nameOf(one).toLowerCase())).size === all.length || `expected ${expected}`
  )
