/** What a catalogue's form alone does not rule out: each contradiction with the way to it. */
import { categories } from "@farmops/proof/vocabulary"
import { coinsForLevel } from "../../scoring/level.ts"
import type { Rules } from "../../scoring/Rules.ts"
import type { Catalogue } from "./Catalogue.ts"
import type { ItemEffect, Room, SoldItem } from "./Item.ts"
import { seasonFault } from "./Season.ts"

/** One fault of a catalogue or of a set of achievements; the message finishes a sentence that begins with the path. */
export interface CatalogueFault {
  readonly path: ReadonlyArray<string | number>
  readonly code:
    | "form"
    | "duplicate_slug"
    | "price_falls"
    | "level_falls"
    | "stock_of_levels"
    | "effect_misplaced"
    | "beyond_cap"
    | "season_impossible"
    | "unreachable"
    | "achievement_unknown"
    | "item_unknown"
  readonly message: string
}

type Path = CatalogueFault["path"]
type Faults = ReadonlyArray<CatalogueFault>

const fault = (code: CatalogueFault["code"], path: Path, message: string): CatalogueFault => ({ code, path, message })

/** Something that takes longer than this under the ceiling is for nobody. */
const patienceDays = 3653

/** The second of two that have one slug. */
export const repeatedSlugs = (list: string, slugs: ReadonlyArray<string>): Faults =>
  slugs.flatMap((slug, at) =>
    slugs.indexOf(slug) < at ? [fault("duplicate_slug", [list, at, "slug"], `is taken by another one: ${slug}`)] : []
  )

const risingFaults = ({ levels }: SoldItem, path: Path): Faults =>
  levels.flatMap((level, at) => {
    const before = levels[at - 1]
    if (before === undefined) return []
    const faults: Array<CatalogueFault> = []
    if (level.price < before.price) {
      faults.push(fault("price_falls", [...path, "levels", at, "price"], `must be at least ${before.price}`))
    }
    if (level.level_required < before.level_required) {
      const least = `must be at least ${before.level_required}`
      faults.push(fault("level_falls", [...path, "levels", at, "level_required"], least))
    }
    return faults
  })

/** Why an item may not have such an effect; null when it may. */
const misplaced = (item: SoldItem, effect: ItemEffect): string | null => {
  if (item.kind === "consumable") {
    return effect.kind === "freezes" ? null : "lasts, so a consumable cannot have it"
  }
  if (effect.kind === "freezes") return "belongs to a consumable"
  if (item.kind === "cosmetic") return "is more than looks, so a cosmetic cannot have it"
  // Whoever was away for a season must not be weaker for it.
  return item.season === null ? null : "is more than looks, so it cannot be sold in a season only"
}

const effectFaults = (item: SoldItem, path: Path): Faults =>
  item.levels.flatMap(({ effects }, level) => {
    if (item.kind === "consumable" && effects.length === 0) {
      return [fault("effect_misplaced", [...path, "levels", level, "effects"], "must do something when it is used")]
    }
    return effects.flatMap((effect, at) => {
      const why = misplaced(item, effect)
      return why === null ? [] : [fault("effect_misplaced", [...path, "levels", level, "effects", at], why)]
    })
  })

const patienceFaults = (item: SoldItem, path: Path, { daily_ceiling }: Rules): Faults => {
  if (daily_ceiling === null) return []
  const most = daily_ceiling * patienceDays
  const late = "takes more than ten years of full days"
  return item.levels.flatMap(({ level_required, price }, at) => [
    ...(price > most ? [fault("unreachable", [...path, "levels", at, "price"], late)] : []),
    ...(coinsForLevel(level_required) > most
      ? [fault("unreachable", [...path, "levels", at, "level_required"], late)]
      : [])
  ])
}

const givenBy = (item: SoldItem, what: keyof Room): number =>
  item.levels.flatMap(({ effects }) => effects).reduce((sum, one) => (one.kind === what ? sum + one.count : sum), 0) *
  item.stock

const roomFaults = (item: SoldItem, path: Path, { items, start }: Catalogue): Faults =>
  (["plots", "stalls"] as const).flatMap((what) => {
    const others = items.flatMap((one) => (one.kind === "trophy" || one === item ? [] : [givenBy(one, what)]))
    const most = others.reduce((sum, count) => sum + count, start[what])
    return item.needs[what] > most
      ? [fault("unreachable", [...path, "needs", what], `is more than the ${most} that there ever are`)]
      : []
  })

/** The first effect of each category with which all that can be owned multiplies by more than the rules allow. */
const capFaults = ({ items }: Catalogue, { upgrade_max }: Rules): Faults => {
  const effects = items.flatMap((item, at) =>
    item.kind === "trophy"
      ? []
      : item.levels.flatMap((level, levelAt) =>
          level.effects.map((effect, effectAt) => ({
            effect,
            stock: item.stock,
            path: ["items", at, "levels", levelAt, "effects", effectAt, "thousandths"]
          }))
        )
  )
  return categories.flatMap((category) => {
    let total = 1000
    for (const { effect, path, stock } of effects) {
      if (effect.kind !== "multiply" || (effect.category !== category && effect.category !== "all")) continue
      total += effect.thousandths * stock
      const sum = `brings ${category} to ${total} thousandths; the rules allow ${upgrade_max}`
      if (total > upgrade_max) return [fault("beyond_cap", path, sum)]
    }
    return []
  })
}

const itemFaults = (item: SoldItem, path: Path, catalogue: Catalogue, rules: Rules): Faults => {
  const season = item.season === null ? null : seasonFault(item.season)
  return [
    ...risingFaults(item, path),
    ...(item.levels.length > 1 && item.stock > 1
      ? [fault("stock_of_levels", [...path, "stock"], "must be 1 where an item has several levels")]
      : []),
    ...effectFaults(item, path),
    ...(season === null ? [] : [fault("season_impossible", [...path, "season"], season)]),
    ...patienceFaults(item, path, rules),
    ...roomFaults(item, path, catalogue)
  ]
}

/** Every contradiction of a catalogue under these rules and achievements; none for one that can be sold from. */
export const checkCatalogue = (catalogue: Catalogue, rules: Rules, achievements: Iterable<string>): Faults => {
  const { items } = catalogue
  const slugs = new Set(achievements)
  return [
    ...repeatedSlugs(
      "items",
      items.map(({ slug }) => slug)
    ),
    ...items.flatMap((item, at) => {
      const path = ["items", at]
      if (item.kind !== "trophy") return itemFaults(item, path, catalogue, rules)
      return slugs.has(item.achievement)
        ? []
        : [fault("achievement_unknown", [...path, "achievement"], `names none: ${item.achievement}`)]
    }),
    ...capFaults(catalogue, rules)
  ]
}
