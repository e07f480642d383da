/** What one core of this machine could do at most: check signatures, commit rows, read rows and parse them. `limits.ts KIND FILE…` */
import { readFileSync, rmSync } from "node:fs"
import { DatabaseSync } from "node:sqlite"
import { decodeHex } from "@farmops/proof/hex"
import { findSodium } from "@farmops/proof/SodiumBackend"
import { parseProof } from "@farmops/proof/verify"

interface Signed {
  readonly public_key: string
  readonly proofs: ReadonlyArray<string>
}

const rowsPerCommit = 256

const bytesOf = (hex: string): Uint8Array => decodeHex(hex) ?? new Uint8Array()

const read = (file: string): ReadonlyArray<Signed> =>
  readFileSync(file, "utf8")
    .split("\n")
    .map((line): Signed => JSON.parse(line))

const perSecond = (count: number, work: () => void): number => {
  const began = performance.now()
  work()
  return count / ((performance.now() - began) / 1000)
}

const signatureField = /,"signature":"([0-9a-f]{128})"/

/** libsodium and nothing else, on the bytes that were signed. */
const verify = (file: string): number => {
  const found = findSodium()
  if (!found.ok) throw new Error(found.detail)
  const cases = read(file).flatMap(({ proofs, public_key }) =>
    proofs.map((line) => {
      const [field = "", signature = ""] = signatureField.exec(line) ?? []
      return { key: bytesOf(public_key), signature: bytesOf(signature), message: Buffer.from(line.replace(field, "")) }
    })
  )
  return perSecond(cases.length, () => {
    for (const { key, message, signature } of cases) {
      if (!found.sodium.crypto_sign_verify_detached(signature, message, key)) throw new Error("a signature is wrong")
    }
  })
}

/** One row for each proof, as many in a commit as the tracker takes, each commit on disk. */
const commit = (file: string, database: string): number => {
  const lines = read(file).flatMap(({ proofs }) => proofs)
  rmSync(database, { force: true })
  const db = new DatabaseSync(database)
  db.exec("PRAGMA journal_mode = WAL")
  db.exec("PRAGMA synchronous = FULL")
  db.exec("CREATE TABLE proof (position INTEGER PRIMARY KEY, line TEXT)")
  const insert = db.prepare("INSERT INTO proof (line) VALUES (?)")
  return perSecond(lines.length, () => {
    for (let from = 0; from < lines.length; from += rowsPerCommit) {
      db.exec("BEGIN IMMEDIATE")
      for (const line of lines.slice(from, from + rowsPerCommit)) insert.run(line)
      db.exec("COMMIT")
    }
  })
}

/** The rows of a tracker's ledger from its first to its last, each parsed as a rebuild has to. */
const scan = (database: string): number => {
  const db = new DatabaseSync(database, { readOnly: true })
  let count = 0
  const began = performance.now()
  for (const row of db.prepare("SELECT line, coins, scoring_detail FROM tracker_proof ORDER BY position").iterate()) {
    if (!parseProof(String(row.line)).ok) throw new Error("a stored proof is damaged")
    count++
  }
  return count / ((performance.now() - began) / 1000)
}

const [kind, file = "", database = ""] = process.argv.slice(2)
const kinds: Readonly<Record<string, () => number>> = {
  verify: () => verify(file),
  commit: () => commit(file, database),
  scan: () => scan(file)
}
console.log(JSON.stringify({ per_second: kinds[kind ?? ""]?.() }))
