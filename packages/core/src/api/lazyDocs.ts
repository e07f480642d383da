/** The page that explains an API. Its viewer is three megabytes of script, so it is loaded when somebody first asks for it. */
import { Effect, Layer } from "effect"
import { HttpRouter, HttpServerResponse } from "effect/http"
import type { HttpApi, HttpApiGroup } from "effect/http-api"
import { HttpApiScalar } from "effect/http-api"

const headers = {
  // The viewer is one inline script that styles itself. It may ask this server and nobody else.
  "content-security-policy":
    "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src 'self' data:; font-src data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  "referrer-policy": "no-referrer"
}

/** `GET /docs`: nothing is fetched from elsewhere, fonts included. */
export const layerLazyDocs = <Id extends string, Groups extends HttpApiGroup.Constraint>(
  api: HttpApi.HttpApi<Id, Groups>
): Layer.Layer<never, never, HttpRouter.HttpRouter> =>
  HttpRouter.use((router) =>
    Effect.gen(function* () {
      const load = Effect.gen(function* () {
        const inner = yield* HttpRouter.make
        const viewer = HttpApiScalar.layer(api, { path: "/docs", scalar: { withDefaultFonts: false } })
        yield* Effect.scoped(Layer.build(Layer.provide(viewer, Layer.succeed(HttpRouter.HttpRouter, inner))))
        // The one route is there, so nothing but it can answer.
        return Effect.orDie(inner.asHttpEffect())
      })
      const loaded = yield* Effect.cached(load)
      yield* router.add(
        "GET",
        "/docs",
        Effect.map(Effect.flatten(loaded), (response) => HttpServerResponse.setHeaders(response, headers))
      )
    })
  )
