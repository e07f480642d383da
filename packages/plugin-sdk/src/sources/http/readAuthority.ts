/** Reads the certificates that a server's name is checked against. */
import { readFile } from "node:fs/promises"
import { Effect } from "effect"
import { SourceFailed } from "../../contract/Source.ts"

/** The file's PEM, or undefined where no file is named: then the system's authorities count. */
export const readAuthority = (
  source: string,
  file: string | undefined
): Effect.Effect<string | undefined, SourceFailed> =>
  file === undefined
    ? Effect.undefined
    : Effect.tryPromise({
        try: async () => {
          const text = await readFile(file, "utf8")
          if (!text.includes("-----BEGIN CERTIFICATE-----")) throw new Error("no certificate")
          return text
        },
        catch: () => new SourceFailed({ source, reason: "its ca_file cannot be read, or holds no certificate" })
      })
