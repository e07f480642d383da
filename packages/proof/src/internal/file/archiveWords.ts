/** The sentences about an archive file. They say no more than the check showed. */
import type { ArchiveFault, VerifiedArchive } from "../../archiveFile.ts"
import { counted, type FileVerdict } from "./fileVerdict.ts"

/** Every line holds, and together they are what the tracker signed. */
export const goodArchive = ({ events, header, proofs }: VerifiedArchive): FileVerdict => ({
  kind: "archive",
  fault: null,
  proofs,
  head: null,
  epochs: [],
  summary: `The archive holds: lines ${header.from} to ${header.to - 1} of the ledger of farm ${header.farm_id}, with ${counted(proofs, "proof")} and ${counted(events, "event")}.`,
  checked: [
    "The first line and the checkpoint in it are signed by the tracker's key.",
    "The lines lead from the tree before them to the root that the checkpoint signs: none is missing, added, changed or moved.",
    "Each proof is signed by the key in force at its place and follows the one before it in its agent's chain, and each chain ends where the first line says.",
    "Each event is signed by the tracker for its place."
  ],
  shows: ["The tracker held exactly these lines at these places when it signed the checkpoint."],
  doesNotShow: [
    "That the keys and the heads with which the chains begin are the agents': the tracker says so.",
    "That the tracker's sums over these lines are right: `farmops tracker replay` makes them again.",
    "That the key is the tracker's: learn it somewhere else than from whoever gave you the file."
  ]
})

/** The first thing that does not hold, after `proofs` good ones. */
export const badArchive = (fault: ArchiveFault, lines: number): FileVerdict => {
  const { code, detail, line, path } = fault
  const advice = code === "unsigned" ? "The key is not that of the tracker that made the archive." : null
  const subject = line === null ? "The archive does not hold" : `Line ${line} of the archive does not hold`
  return {
    kind: "archive",
    fault: { code, line, path, detail, advice },
    proofs: 0,
    head: null,
    epochs: [],
    summary: `${subject}: ${path === null ? "" : `${path} `}${detail}.${advice === null ? "" : ` ${advice}`}`,
    checked: ["The file was checked from its first line on, up to what does not hold."],
    shows: [],
    doesNotShow: [
      ...(lines === 0
        ? []
        : ["That the lines before it are the ledger's: only the whole file leads to the checkpoint."]),
      ...(line === null ? [] : ["Anything about the lines after it."])
    ]
  }
}
