/** The verifier's page: a file and keys in, a verdict in words out. It asks nobody for anything. */
import type { FileKeys } from "../src/verifyFile.ts"
import { checkInSlices } from "./checkInSlices.ts"
import { place } from "./elements.ts"
import { showVerdict } from "./showVerdict.ts"

/** What to check: the last thing that was chosen, dropped or pasted. */
interface Chosen {
  readonly name: string
  readonly file: Blob
}

const form = place("form", HTMLFormElement)
const inputs = place("inputs", HTMLFieldSetElement)
const picker = place("file", HTMLInputElement)
const text = place("text", HTMLTextAreaElement)
const working = place("working", HTMLElement)
const progress = place("progress", HTMLProgressElement)
const progressLabel = place("progress-label", HTMLElement)
const cancel = place("cancel", HTMLButtonElement)
const trouble = place("trouble", HTMLElement)
const result = place("result", HTMLElement)
const said = place("said", HTMLElement)
const keyFields = ["public_key", "recovery_key", "tracker_key"].map((id) => place(id, HTMLInputElement))

let chosen: Chosen | null = null
let running: AbortController | null = null

// Copied keys often come with a space or a line's end.
const keys = (): FileKeys => {
  const [publicKey = null, recoveryKey = null, trackerKey = null] = keyFields.map(({ value }) => value.trim() || null)
  return { publicKey, recoveryKey, trackerKey }
}

const complain = (sentence: string): void => {
  trouble.textContent = sentence
  trouble.hidden = false
  said.textContent = sentence
}

const begin = ({ file, name }: Chosen): AbortController => {
  running?.abort()
  const controller = new AbortController()
  running = controller
  trouble.hidden = true
  result.hidden = true
  for (const field of keyFields) field.setCustomValidity("")
  working.hidden = false
  inputs.disabled = true
  progress.max = Math.max(1, file.size)
  progress.value = 0
  progressLabel.textContent = `Checking ${name}…`
  said.textContent = `Checking ${name}`
  cancel.focus()
  return controller
}

const end = (controller: AbortController): void => {
  if (running !== controller) return
  running = null
  working.hidden = true
  inputs.disabled = false
}

/** Where a key is what lacks, the cursor goes there with the reason, and Enter starts again. */
const askForKey = (id: string | null, reason: string): void => {
  const field = keyFields.find((one) => one.id === id)
  field?.setCustomValidity(reason)
  field?.reportValidity()
}

const check = async (what: Chosen): Promise<void> => {
  chosen = what
  const controller = begin(what)
  try {
    const verdict = await checkInSlices(what.file, keys(), controller.signal, (bytes, proofs) => {
      progress.value = bytes
      progressLabel.textContent = `${proofs.toLocaleString("en")} proofs checked…`
    })
    end(controller)
    if (verdict === null) return complain("Cancelled: nothing is known about the file.")
    showVerdict(what.name, verdict)
    const { fault, summary } = verdict
    if (fault?.code === "key_needed" || fault?.code === "bad_key") askForKey(fault.path, summary)
  } catch (error) {
    end(controller)
    // A browser refuses a folder, and a file that changed or went away since it was chosen.
    complain(
      `${what.name} cannot be read (${error instanceof DOMException ? error.name : "unknown"}). Choose it again.`
    )
  }
}

const checkFile = (file: File | undefined): void => {
  if (file !== undefined && running === null) void check({ name: file.name, file })
}

for (const field of keyFields) field.addEventListener("input", () => field.setCustomValidity(""))
picker.addEventListener("change", () => checkFile(picker.files?.[0]))
place("check-text", HTMLButtonElement).addEventListener("click", () => {
  // A copy often ends in more line ends than the file.
  void check({ name: "the text", file: new Blob([`${text.value.trimEnd()}\n`]) })
})
form.addEventListener("submit", (event) => {
  event.preventDefault()
  if (chosen === null) complain("Choose a file first, or drop it here.")
  else void check(chosen)
})
cancel.addEventListener("click", () => running?.abort())

const over = (event: DragEvent): void => {
  event.preventDefault()
  document.body.classList.add("over")
}
document.addEventListener("dragenter", over)
document.addEventListener("dragover", over)
document.addEventListener("dragleave", () => document.body.classList.remove("over"))
document.addEventListener("drop", (event) => {
  event.preventDefault()
  document.body.classList.remove("over")
  const files = event.dataTransfer?.files
  if (files !== undefined && files.length > 1) complain("Drop one file at a time.")
  else checkFile(files?.[0])
})
