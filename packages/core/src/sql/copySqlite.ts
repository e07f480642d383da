/** Copies a SQLite file page by page as of one moment, while others write to it. */
import { closeSync, openSync } from "node:fs"
import { backup, DatabaseSync } from "node:sqlite"
import { Effect } from "effect"
import { fileFault } from "./DatabaseError.ts"

/** Pages of 4 KiB between two looks at the progress: about 30 ms of work. */
const pagesPerStep = 2000

/** How a copy is made. */
export interface CopySqlite<A> {
  readonly from: string
  /** Made with mode 0600, and must not be there: what it holds until the end is no database. */
  readonly to: string
  /** Reads the source as of the very moment that is copied. */
  readonly read: (source: DatabaseSync) => A
  readonly onProgress: (done: number, total: number) => void
}

const copy = async <A>({ from, onProgress, read, to }: CopySqlite<A>): Promise<A> => {
  closeSync(openSync(to, "wx", 0o600))
  const source = new DatabaseSync(from, { readOnly: true, timeout: 5000 })
  try {
    // Held to the end: a copy without it begins anew after each commit of somebody else, for ever on a busy tracker.
    source.exec("BEGIN")
    const found = read(source)
    await backup(source, to, {
      rate: pagesPerStep,
      progress: ({ remainingPages, totalPages }) => onProgress(totalPages - remainingPages, totalPages)
    })
    return found
  } finally {
    source.close()
  }
}

/** The copy is a file of its own, not yet flushed. Fails where either file cannot be used. */
export const copySqlite = <A>(how: CopySqlite<A>) =>
  Effect.tryPromise({ try: () => copy(how), catch: fileFault(how.from) }).pipe(Effect.uninterruptible)
