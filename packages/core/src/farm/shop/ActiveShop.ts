/** What this tracker sells and what can be achieved on it from now on. What was bought keeps what its event says. */
import { Context } from "effect"
import { defaultAchievements } from "../economy/defaultAchievements.ts"
import { defaultCatalogue } from "../economy/defaultCatalogue.ts"
import type { Shop } from "../economy/readShop.ts"

/** The default shop unless a layer provides another. */
export const ActiveShop = Context.Reference<Shop>("@farmops/core/farm/shop/ActiveShop", {
  defaultValue: () => ({ catalogue: defaultCatalogue, achievements: defaultAchievements })
})
