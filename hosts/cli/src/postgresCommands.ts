/** What a person types to save and bring back a PostgreSQL ledger: the server's own programs do that better than we could. */

/** The URL without its password, which does not belong on a command line: `PGPASSWORD` or `~/.pgpass` has it. */
const withoutPassword = (url: string): string => {
  if (!URL.canParse(url)) return "postgres://…"
  const parsed = new URL(url)
  parsed.password = ""
  return parsed.href
}

const quoted = (text: string): string => (/^[\w./:@=?&%+-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`)

/** The whole database as of one moment, while trackers work on it. */
export const pgDump = (url: string, file: string): string =>
  `pg_dump --format=custom --no-owner --file=${quoted(file)} ${quoted(withoutPassword(url))}`

/** Into an empty database, as a whole or not at all. */
export const pgRestore = (url: string, file: string): string =>
  `pg_restore --single-transaction --exit-on-error --no-owner --dbname=${quoted(withoutPassword(url))} ${quoted(file)}`
