/** Checks a file in slices short enough that the page still answers while it works. */
import { nobleBackend } from "../src/NobleBackend.ts"
import { type FileKeys, type FileVerdict, makeFileVerifier } from "../src/verifyFile.ts"

// Read from disk at once.
const readBytes = 256 * 1024
// Given to the verifier at once: some four proofs, so about five milliseconds.
const pieceBytes = 4096
// A frame has 16 milliseconds; work that long, then let the browser draw and listen.
const sliceMs = 12

/** Lets everything that waits have its turn. Unlike a timer it is not held back when it is asked for again and again. */
const turn = (): Promise<void> =>
  new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel()
    port1.onmessage = () => {
      port1.close()
      resolve()
    }
    port2.postMessage(null)
  })

/** The verdict, or `null` when `signal` ended the work. Rejects when the file cannot be read. */
export const checkInSlices = async (
  file: Blob,
  keys: FileKeys,
  signal: AbortSignal,
  onProgress: (bytes: number, proofs: number) => void
): Promise<FileVerdict | null> => {
  const verifier = makeFileVerifier(keys, nobleBackend)
  let due = performance.now() + sliceMs
  for (let from = 0; from < file.size; from += readBytes) {
    const part = new Uint8Array(await file.slice(from, from + readBytes).arrayBuffer())
    for (let at = 0; at < part.length; at += pieceBytes) {
      if (!verifier.push(part.subarray(at, at + pieceBytes))) return verifier.finish()
      if (performance.now() < due) continue
      onProgress(from + at, verifier.count())
      await turn()
      if (signal.aborted) return null
      due = performance.now() + sliceMs
    }
  }
  return signal.aborted ? null : verifier.finish()
}
