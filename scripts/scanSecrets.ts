/**
 * No file that git keeps holds what has the form of a token or a private key. `npm run check` scans the tracked files, and as a hook
 * before a commit (`node scripts/scanSecrets.ts --staged`) what is about to be committed. It names file, line and kind, never the value.
 */
import { spawnSync } from "node:child_process"
import { readFileSync } from "node:fs"
import { secretForms } from "@farmops/core/log/secretForms"

/** Files that hold values of such a form on purpose, none of which opens anything. */
export const testValues: Readonly<Record<string, string>> = {
  "conformance/triage/injection/secrets.json": "made-up tokens that a stranger asks to have repeated",
  "tests/parts/github/GitHubPart.ts": "the token that the emulator takes for the bot's, planted to be looked for"
}

/** Put into a line, it says that what the line holds is made up. */
const label = "not-a-secret"

// A longer line is data: no person pasted a token into it, and patterns need an end.
const lineCharactersMax = 20_000

/** One place. */
export interface SecretFound {
  readonly line: number
  readonly kind: string
}

// A key begins on a line of its own and goes on; its first line is enough to find it.
const forms = secretForms.map(({ form, name }) => ({
  name,
  form: new RegExp(form.source, form.flags.replace("g", ""))
}))

// What tests say of addresses with a password in them opens nothing.
const testFolder = /(?:^|\/)tests?\//

const kindsFor = (file: string) =>
  forms.filter(({ name }) => name !== "password in an address" || !testFolder.test(file))

/** Where a file's text holds what has the form of a secret. */
export const scanSecrets = (file: string, text: string): ReadonlyArray<SecretFound> => {
  // Nearly every file holds none of them: the lines of the others alone are looked at.
  const suspects = kindsFor(file).filter(({ form }) => form.test(text))
  if (suspects.length === 0) return []
  return text.split("\n").flatMap((content, index) => {
    if (content.includes(label) || content.length > lineCharactersMax) return []
    const kind = suspects.find(({ form }) => form.test(content))?.name
    return kind === undefined ? [] : [{ line: index + 1, kind }]
  })
}

const git = (args: ReadonlyArray<string>): Buffer => {
  const { status, stdout } = spawnSync("git", [...args], { maxBuffer: 256 * 1024 * 1024 })
  if (status !== 0) throw new Error(`git ${args[0]} failed`)
  return stdout
}

const namesOf = (listed: Buffer): ReadonlyArray<string> =>
  listed
    .toString("utf8")
    .split("\0")
    .filter((name) => name !== "")

/** Null for what is no text. */
const textOf = (bytes: Buffer): string | null => (bytes.subarray(0, 8_000).includes(0) ? null : bytes.toString("utf8"))

/** Each file's name and text: as it is in the work tree, or as it would be committed. */
const files = function* (staged: boolean): Generator<readonly [name: string, text: string]> {
  const names = staged
    ? git(["diff", "--cached", "--name-only", "--diff-filter=ACMR", "-z"])
    : git(["grep", "--cached", "-Ilz", "-e", ""])
  for (const name of namesOf(names)) {
    try {
      const text = textOf(staged ? git(["show", `:${name}`]) : readFileSync(name))
      if (text !== null) yield [name, text]
    } catch {
      // Removed and not committed yet, or a link to a folder: nothing is kept of it.
    }
  }
}

if (import.meta.main) {
  let count = 0
  let faults = 0
  for (const [name, text] of files(process.argv.includes("--staged"))) {
    count++
    if (Object.hasOwn(testValues, name)) continue
    for (const { kind, line } of scanSecrets(name, text)) {
      faults++
      console.error(`${name}:${line}: looks like a secret (${kind}); take it out and revoke it`)
    }
  }
  if (faults > 0)
    console.error(`A made-up value is labelled: "${label}" in its line, or its file in scripts/scanSecrets.ts.`)
  console.log(`secrets: ${count} files, ${faults} found`)
  process.exitCode = faults === 0 ? 0 : 1
}
