/** Reads a shop from data that anybody may have written: either one that can be sold from, or its faults with their paths. */
import { Result, Schema, SchemaIssue } from "effect"
import type { Rules } from "../../scoring/Rules.ts"
import { AchievementSet } from "./Achievement.ts"
import { Catalogue } from "./Catalogue.ts"
import { checkAchievements } from "./checkAchievements.ts"
import { type CatalogueFault, checkCatalogue } from "./checkCatalogue.ts"

/** What is sold and what can be achieved: trophies and achievements point at each other. */
export interface Shop {
  readonly catalogue: Catalogue
  readonly achievements: AchievementSet
}

/** A shop, or what is wrong with it. */
export type ShopReading =
  | { readonly ok: true; readonly shop: Shop }
  | { readonly ok: false; readonly faults: ReadonlyArray<CatalogueFault> }

/** Enough to mend a file by; a hostile one could have thousands. */
const faultsMax = 50

// Untrusted: a message may quote what was given.
const messageMax = 200

const formatIssue = SchemaIssue.makeFormatterStandardSchemaV1()

const decode = <A>(schema: Schema.Codec<A>, value: unknown): Result.Result<A, ReadonlyArray<CatalogueFault>> =>
  Result.mapError(
    Schema.decodeUnknownResult(schema)(value, { onExcessProperty: "error", errors: "all" }),
    ({ issue }) =>
      formatIssue(issue).issues.map(({ message, path = [] }) => ({
        code: "form",
        path: path
          .map((part) => (typeof part === "object" ? part.key : part))
          .map((part) => (typeof part === "number" ? part : String(part))),
        message: message.replace(/\s*\n\s*/g, " ").slice(0, messageMax)
      }))
  )

const refuse = (faults: ReadonlyArray<CatalogueFault>): ShopReading => ({
  ok: false,
  faults: faults.slice(0, faultsMax)
})

/** Reads both parts and holds them against each other and against the rules. Nothing is corrected in silence. */
export const readShop = (catalogue: unknown, achievements: unknown, rules: Rules): ShopReading => {
  const sold = decode(Catalogue, catalogue)
  const earned = decode(AchievementSet, achievements)
  if (Result.isFailure(sold)) return refuse(sold.failure)
  if (Result.isFailure(earned)) return refuse(earned.failure)
  const faults = [
    ...checkCatalogue(
      sold.success,
      rules,
      earned.success.achievements.map(({ slug }) => slug)
    ),
    ...checkAchievements(earned.success, sold.success)
  ]
  return faults.length > 0
    ? refuse(faults)
    : { ok: true, shop: { catalogue: sold.success, achievements: earned.success } }
}
