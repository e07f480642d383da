/** The one answer to a request that does not have the form which the API documents: where, and what was expected there. */
import { Effect, Schema, SchemaIssue } from "effect"
import { HttpApiError, HttpApiMiddleware } from "effect/http-api"

/** One fault: the part of the request, the way to the value inside it, and what is wrong with it. */
const RequestFault = Schema.Struct({ path: Schema.String, message: Schema.String })

/** Parameters, headers or body are not of the documented form. Nothing was done. */
export class InvalidRequest extends HttpApiError.Problem<InvalidRequest>()(
  "InvalidRequest",
  { type: "about:blank", status: 400, title: "The request does not have the documented form" },
  { code: Schema.Literal("bad_request"), detail: Schema.String, errors: Schema.Array(RequestFault) }
) {}

/** Declares {@link InvalidRequest} for every endpoint of an API. */
export class RequestForm extends HttpApiMiddleware.Service<RequestForm>()(
  "@farmops/core/api/InvalidRequest/RequestForm",
  {
    error: InvalidRequest
  }
) {}

const formatIssue = SchemaIssue.makeFormatterStandardSchemaV1()

// Enough to mend a request; a hostile one could have thousands of faults.
const errorsMax = 10

// Untrusted: a message may quote what was sent.
const messageMax = 200

/** Answers requests that do not decode. An answer of ours that does not encode stays what it is: a bug, and a 500. */
export const layerRequestForm = HttpApiMiddleware.layerSchemaErrorTransform(RequestForm, (error) => {
  if (error.kind === "Body" || error.kind === "ResponseHeaders") return Effect.fail(error)
  const errors = formatIssue(error.cause.issue)
    .issues.slice(0, errorsMax)
    .map(({ message, path = [] }) => ({
      path: [error.kind.toLowerCase(), ...path.map((part) => String(typeof part === "object" ? part.key : part))].join(
        "."
      ),
      message: message.slice(0, messageMax)
    }))
  const [first] = errors
  const detail = first === undefined ? "the request cannot be read" : `${first.path}: ${first.message}`
  return Effect.fail(new InvalidRequest({ code: "bad_request", detail, errors }))
})
