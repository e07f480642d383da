/** What a farm sells, as versioned data. Its hash says under which catalogue something was bought. */
import { createHash } from "node:crypto"
import { canonicalJson } from "@farmops/proof/canonicalJson"
import { Schema } from "effect"
import { Item, Room } from "./Item.ts"

/** Items in a catalogue: many times what a person can look through, and few enough to list whole. */
export const itemsMax = 500

/** A catalogue that decodes may still contradict itself: `checkCatalogue` says where. */
export const Catalogue = Schema.Struct({
  format: Schema.Literal("farmops/catalogue/1"),
  /** Counted up by whoever changes the catalogue; for people, the hash is what counts. */
  version: Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 1_000_000 })),
  /** The room that a farm has before it buys any. */
  start: Room,
  items: Schema.Array(Item).check(Schema.isMaxLength(itemsMax))
})

/** See the schema of the same name. */
export type Catalogue = typeof Catalogue.Type

const hashes = new WeakMap<Catalogue, string>()

/** Lowercase hex SHA-256 of the catalogue's canonical JSON. */
export const catalogueHash = (catalogue: Catalogue): string => {
  const known = hashes.get(catalogue)
  if (known !== undefined) return known
  const hash = createHash("sha256").update(canonicalJson(catalogue), "utf8").digest("hex")
  hashes.set(catalogue, hash)
  return hash
}

/** The item of that name; null where the catalogue has none. */
export const findItem = (catalogue: Catalogue, slug: string): Item | null =>
  catalogue.items.find((item) => item.slug === slug) ?? null
