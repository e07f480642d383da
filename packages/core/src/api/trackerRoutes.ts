/** What a browser asks the tracker for: the page, the picture and the verifier; and a scraper for the metrics. */
import { Effect, Redacted } from "effect"
import { HttpRouter, HttpServerRequest, HttpServerResponse } from "effect/http"
import { PrometheusMetrics } from "effect/observability"
import { drawFarm } from "../farm/drawFarm.ts"
import { Ledger } from "../farm/Ledger.ts"
import { OwnerToken } from "../farm/OwnerToken.ts"
import { problemOfStatus, problemResponse } from "../http/problem.ts"
import { bearerToken } from "./bearerToken.ts"
import { farmPageCsp, farmPageHtml, farmSvgCsp } from "./farmPage.ts"
import { readVerifierPage } from "./verifierPage.ts"

const away = () => Effect.succeed(problemResponse(problemOfStatus(503)))

/** `open`: whether only this machine can reach the server, so that the owner's reads need no token. */
export const trackerRoutes = (options: { readonly open: boolean }) =>
  HttpRouter.use((router) =>
    Effect.gen(function* () {
      const ledger = yield* Ledger
      const owner = yield* OwnerToken
      const page = farmPageHtml()
      const verifierPage = yield* Effect.cached(readVerifierPage)

      const asOwner = <E, R>(handler: Effect.Effect<HttpServerResponse.HttpServerResponse, E, R>) =>
        Effect.gen(function* () {
          if (!options.open) {
            const { headers } = yield* HttpServerRequest.HttpServerRequest
            const token = bearerToken(headers.authorization)
            if (token === undefined || !owner.matches(Redacted.make(token))) {
              const title = "This needs the owner's token"
              return problemResponse({ status: 401, code: "owner_token_required", title })
            }
          }
          return yield* handler
        })

      const picture = ledger.farm.pipe(
        Effect.map((farm) =>
          HttpServerResponse.text(drawFarm(farm), {
            contentType: "image/svg+xml",
            headers: { "content-security-policy": farmSvgCsp, "cache-control": "no-cache" }
          })
        ),
        Effect.catchTag("LedgerUnavailable", away)
      )

      yield* router.add("GET", "/farm.svg", asOwner(picture))
      yield* router.add(
        "GET",
        "/metrics",
        asOwner(
          Effect.map(PrometheusMetrics.format(), (text) =>
            HttpServerResponse.text(text, { contentType: "text/plain; version=0.0.4; charset=utf-8" })
          )
        )
      )
      yield* router.add(
        "GET",
        "/",
        HttpServerResponse.html(page).pipe(
          HttpServerResponse.setHeader("content-security-policy", farmPageCsp),
          HttpServerResponse.setHeader("referrer-policy", "no-referrer")
        )
      )
      // Open to everybody: it says nothing of this farm.
      yield* router.add(
        "GET",
        "/verify",
        verifierPage.pipe(
          Effect.map(({ csp, html }) =>
            HttpServerResponse.setHeaders(HttpServerResponse.html(html), {
              "content-security-policy": csp,
              "referrer-policy": "no-referrer"
            })
          ),
          Effect.catchTag("VerifierPageMissing", away)
        )
      )
    })
  )
