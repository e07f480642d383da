/** Reads an archive file line by line. */
import { type ArchiveTrust, type ArchiveVerdict, makeArchiveVerifier } from "../../archiveFile.ts"
import type { VerifyBackend } from "../../strictEd25519.ts"
import { badArchive, goodArchive } from "./archiveWords.ts"
import type { KindReader } from "./fileVerdict.ts"

/** For an archive of any farm that the tracker signed. Remembers each `proof_id`: at most 64 bytes a proof. */
export const readArchive = (trust: Omit<ArchiveTrust, "farmId">, backend: VerifyBackend): KindReader => {
  const archive = makeArchiveVerifier({ ...trust, farmId: null }, backend)
  const judge = (verdict: ArchiveVerdict) =>
    verdict.ok ? goodArchive(verdict.value) : badArchive(verdict.fault, archive.count())
  const finish = () => judge(archive.finish())
  return { push: (piece) => (archive.push(piece) ? null : finish()), finish, count: archive.count }
}
