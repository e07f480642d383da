/** Reads the certificates that an agent's file names. A fault is told before anything is started. */
import type { TrackerAccess } from "@farmops/core/delivery/TrackerAccess"
import { exitCodes } from "@farmops/core/host/exitCodes"
import { Effect, FileSystem, Redacted, Runtime, Schema } from "effect"
import type { AgentFile } from "./AgentConfig.ts"

/** What the file says of the way to the tracker cannot be. */
export class TrackerAccessInvalid extends Schema.TaggedError<TrackerAccessInvalid>()("TrackerAccessInvalid", {
  message: Schema.String
}) {
  override readonly [Runtime.errorExitCode] = exitCodes.config
}

const readPem = Effect.fnUntraced(function* (name: string, path: string) {
  const fs = yield* FileSystem.FileSystem
  const text = yield* fs
    .readFileString(path)
    .pipe(
      Effect.mapError(
        ({ reason }) =>
          new TrackerAccessInvalid({ message: `tracker.${name}: ${path} cannot be read (${reason._tag})` })
      )
    )
  if (text.includes("-----BEGIN ")) return text
  return yield* new TrackerAccessInvalid({ message: `tracker.${name}: ${path} is no PEM file` })
})

/** `beside` resolves a path of the file. Without `https` there is nobody to show a certificate to. */
export const readTrackerAccess = Effect.fnUntraced(function* (
  tracker: AgentFile["tracker"],
  url: string,
  beside: (path: string) => string
) {
  const { api_key, ca, client_cert, client_key, server_name } = tracker ?? {}
  const wantsTls = [ca, client_cert, client_key, server_name].some((value) => value !== undefined)
  if (wantsTls && !url.startsWith("https:")) {
    return yield* new TrackerAccessInvalid({ message: `tracker: certificates are for an https address, not ${url}` })
  }
  if ((client_cert === undefined) !== (client_key === undefined)) {
    return yield* new TrackerAccessInvalid({ message: "tracker: client_cert and client_key belong together" })
  }
  const tls = {
    ca: ca === undefined ? undefined : yield* readPem("ca", beside(ca)),
    cert: client_cert === undefined ? undefined : yield* readPem("client_cert", beside(client_cert)),
    key: client_key === undefined ? undefined : yield* readPem("client_key", beside(client_key)),
    servername: server_name
  }
  const access: TrackerAccess = {
    ...(wantsTls && { tls }),
    ...(api_key !== undefined && { apiKey: Redacted.make(api_key, { label: "tracker API key" }) })
  }
  return access
})
