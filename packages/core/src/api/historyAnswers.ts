/** What `GET /farm?at=` answers where there is no farm of that moment: each reason a problem. */
import { Effect, Schema } from "effect"
import { HttpApiError } from "effect/http-api"
import type { BodiesArchived } from "../farm/archive/BodiesArchived.ts"
import { type HistoryBusy, type MomentRefused, momentRefusals } from "../farm/history/FarmHistory.ts"
import { away } from "./ledgerAnswers.ts"

/** The moment is none, or not one of this farm's past. */
export class MomentInvalid extends HttpApiError.Problem<MomentInvalid>()(
  "MomentInvalid",
  { type: "about:blank", status: 422, title: "There is no farm of this moment" },
  { code: Schema.Literals(momentRefusals), detail: Schema.String }
) {}

/** The lines of that time lie in an archive file. */
export class MomentMovedAway extends HttpApiError.Problem<MomentMovedAway>()(
  "MomentMovedAway",
  { type: "about:blank", status: 410, title: "The lines of this moment were moved to an archive" },
  { code: Schema.Literal("lines_archived"), detail: Schema.String }
) {}

/** Too many ask for the past at once. */
export class TooManyAsk extends HttpApiError.Problem<TooManyAsk>()(
  "TooManyAsk",
  { type: "about:blank", status: 503, title: "Too many ask for the past already" },
  { code: Schema.Literal("history_busy") }
) {}

/** Each error of `FarmHistory` as its problem. */
export const historyProblems = {
  MomentRefused: ({ code, detail }: MomentRefused) => Effect.fail(new MomentInvalid({ code, detail })),
  BodiesArchived: ({ message }: BodiesArchived) =>
    Effect.fail(new MomentMovedAway({ code: "lines_archived", detail: message })),
  HistoryBusy: (_: HistoryBusy) => Effect.fail(new TooManyAsk({ code: "history_busy" })),
  LedgerUnavailable: away
}
