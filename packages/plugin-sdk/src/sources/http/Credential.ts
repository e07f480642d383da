/** How to sign in at a server, and how to tell that somebody signed in at ours: a bearer token, or a name and a password. */
import { Redacted, Schema } from "effect"
import { equalSecret } from "../receive/equalSecret.ts"

const Secret = Schema.RedactedFromValue(Schema.NonEmptyString, { label: "secret" })

/** Either kind. */
export const Credential = Schema.Union([
  Schema.Struct({ bearer_token: Secret }),
  Schema.Struct({ username: Schema.NonEmptyString, password: Secret })
])
export type Credential = typeof Credential.Type

/** The value of the header `authorization`. */
export const authorizationOf = (credential: Credential): string =>
  "bearer_token" in credential
    ? `Bearer ${Redacted.value(credential.bearer_token)}`
    : `Basic ${Buffer.from(`${credential.username}:${Redacted.value(credential.password)}`).toString("base64")}`

/** Whether the header is the credential's. */
export const isAuthorized = (header: string | undefined, credential: Credential): boolean =>
  equalSecret((header ?? "").replace(/^(bearer|basic) +/i, ""), authorizationOf(credential).replace(/^\w+ /, ""))
