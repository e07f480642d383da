/** What the form of a set of achievements does not rule out: slugs that repeat, and items that can never be owned so. */
import type { Achievement, AchievementSet } from "./Achievement.ts"
import { type Catalogue, findItem } from "./Catalogue.ts"
import { type CatalogueFault, repeatedSlugs } from "./checkCatalogue.ts"

type Path = CatalogueFault["path"]

const unknown = (path: Path, message: string): CatalogueFault => ({ code: "item_unknown", path, message })

const conditionFaults = (
  { condition }: Achievement,
  path: Path,
  catalogue: Catalogue
): ReadonlyArray<CatalogueFault> => {
  if (condition.kind === "owns_kind") {
    const there = catalogue.items.filter(({ kind }) => kind === condition.item_kind).length
    // What is used up is owned no more.
    const most = condition.item_kind === "consumable" ? 0 : there
    return condition.count <= most ? [] : [unknown([...path, "count"], `is more than the ${most} that can be kept`)]
  }
  if (condition.kind !== "owns") return []
  return condition.items.flatMap(({ item: slug, level }, at) => {
    const item = findItem(catalogue, slug)
    const here = [...path, "items", at]
    if (item === null || item.kind === "trophy" || item.kind === "consumable") {
      return [unknown([...here, "item"], `is nothing that can be bought and kept: ${slug}`)]
    }
    return level > item.levels.length ? [unknown([...here, "level"], `is above the item's ${item.levels.length}`)] : []
  })
}

/** Every contradiction of a set with this catalogue. */
export const checkAchievements = (
  { achievements }: AchievementSet,
  catalogue: Catalogue
): ReadonlyArray<CatalogueFault> => [
  ...repeatedSlugs(
    "achievements",
    achievements.map(({ slug }) => slug)
  ),
  ...achievements.flatMap((one, at) => conditionFaults(one, ["achievements", at, "condition"], catalogue))
]
