/**
 * A typed client of a tracker, made from the very definition that the tracker runs on: `client.GROUP.ENDPOINT(request)` with the
 * names of `docs/api-reference.md`. Errors are the tracker's problems, each a class with its `code`, or `HttpClientError`.
 */
import { type Effect, Redacted } from "effect"
import { HttpClient, HttpClientRequest } from "effect/http"
import { HttpApiClient } from "effect/http-api"
import { TrackerApi } from "./TrackerApi.ts"

/** Where the tracker is, and who asks. */
export interface TrackerClientOptions {
  readonly url: string
  /** Without it, what the tracker shows to everybody: on loopback all that can be read. */
  readonly ownerToken?: Redacted.Redacted<string>
}

/** Needs an `HttpClient`, such as `FetchHttpClient.layer`. Nothing is asked of the tracker before the first call. */
export const makeTrackerClient = ({ ownerToken, url }: TrackerClientOptions) =>
  HttpApiClient.make(TrackerApi, {
    baseUrl: url,
    transformClient:
      ownerToken === undefined
        ? (client) => client
        : HttpClient.mapRequest(HttpClientRequest.bearerToken(Redacted.value(ownerToken)))
  })

/** Every group of the API, by name. */
export type TrackerApiClient = Effect.Success<ReturnType<typeof makeTrackerClient>>
