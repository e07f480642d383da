/** The credential of an `Authorization` header. */

/** What follows `Bearer`; undefined for a header of another kind or none. Untrusted: anybody may send it. */
export const bearerToken = (authorization: string | null | undefined): string | undefined =>
  /^bearer (\S+)$/i.exec(authorization ?? "")?.[1]
