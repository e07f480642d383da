/** What a judge is asked and what it answers. */
import type { VerifyBackend } from "@farmops/proof/verify"

/** What is printed for one line. */
export type Verdict =
  | { readonly ok: true; readonly [key: string]: unknown }
  | {
      readonly ok: false
      readonly code: string
      readonly [key: string]: unknown
    }

/** One line of input: a JSON object, nothing of which has been looked at. */
export type Request = Readonly<Record<string, unknown>>

/** Answers the requests of one kind. */
export type Judge = (request: Request, backend: VerifyBackend) => Verdict

/** The answer to what is no request. */
export const badRequest = (detail: string): Verdict => ({ ok: false, code: "bad_request", detail })

/** Whether the value is a text, or null. */
export const isTextOrNull = (value: unknown): value is string | null => typeof value === "string" || value === null
