/** The catalogue that a farm sells from until its owner brings another. Its balance is measured by a test; see docs/decisions/0017-economy.md. */
import type { Catalogue } from "./Catalogue.ts"
import { animals } from "./catalogue/animals.ts"
import { buildings } from "./catalogue/buildings.ts"
import { consumables, cosmetics, decors } from "./catalogue/decor.ts"
import { trophies } from "./catalogue/trophies.ts"

/** See the module. */
export const defaultCatalogue: Catalogue = {
  format: "farmops/catalogue/1",
  version: 1,
  start: { plots: 4, stalls: 0 },
  items: [...buildings, ...animals, ...decors, ...consumables, ...cosmetics, ...trophies]
}
