/** Decor, consumables, and looks of the seasons: nothing here earns a coin. */
import type { SoldItem } from "../Item.ts"
import { consumable, cosmetic, decor } from "./sold.ts"

/** Each stands on the land. */
export const decors: ReadonlyArray<SoldItem> = [
  decor({ slug: "fence", name: "Fence", description: "A length of split rails." }, 25, 1, 0, 20),
  decor({ slug: "path", name: "Path", description: "Flat stones from door to gate." }, 50, 1, 0, 20),
  decor({ slug: "flower-bed", name: "Flower bed", description: "Colours that need no deploy." }, 80, 2, 0, 12),
  decor({ slug: "lantern", name: "Lantern", description: "Light for those who are on call." }, 150, 4, 0, 8),
  decor({ slug: "bench", name: "Bench", description: "For looking at what is done." }, 200, 6, 0, 4),
  decor({ slug: "mailbox", name: "Mailbox", description: "Takes letters, drops none." }, 240, 8, 0),
  decor({ slug: "well", name: "Well", description: "Deep, cold and always there." }, 400, 10, 1),
  decor({ slug: "scarecrow", name: "Scarecrow", description: "Refuses every crow, politely." }, 500, 13, 1, 2),
  decor({ slug: "weather-vane", name: "Weather vane", description: "Shows which way the load blows." }, 600, 16, 0),
  decor({ slug: "hedge-maze", name: "Hedge maze", description: "Someone documented the way out." }, 900, 20, 2),
  decor({ slug: "pond", name: "Pond", description: "Still water, a few ripples." }, 1200, 26, 2),
  decor(
    { slug: "orchard", name: "Orchard", description: "Planted by those before, picked by those after." },
    1600,
    32,
    3,
    2
  ),
  decor({ slug: "stone-bridge", name: "Stone bridge", description: "Nothing under it is on fire." }, 2000, 38, 2),
  decor({ slug: "clock-tower", name: "Clock tower", description: "Every village sets its watch by it." }, 2600, 44, 2),
  decor({ slug: "statue", name: "Statue", description: "To the one who wrote the runbook." }, 3500, 52, 1)
]

/** Used up once. */
export const consumables: ReadonlyArray<SoldItem> = [
  consumable(
    { slug: "rain-barrel", name: "Rain barrel", description: "Puts one freeze to a streak, for a day without work." },
    150,
    3,
    2,
    [{ kind: "freezes", count: 1 }]
  ),
  consumable(
    { slug: "cistern", name: "Cistern", description: "Puts two freezes to a streak, for a short holiday." },
    280,
    12,
    1,
    [{ kind: "freezes", count: 2 }]
  )
]

/** Sold again every year, and kept for ever. */
export const cosmetics: ReadonlyArray<SoldItem> = [
  cosmetic({ slug: "red-roofs", name: "Red roofs", description: "Fresh tiles on every house." }, 600, 11),
  cosmetic({ slug: "night-lights", name: "Night lights", description: "Warm windows after dark." }, 1400, 28),
  cosmetic({ slug: "snowdrops", name: "Snowdrops", description: "The first to come up." }, 250, 2, {
    from: "02-01",
    until: "02-28"
  }),
  cosmetic({ slug: "blossom", name: "Blossom", description: "Every tree in white and pink." }, 400, 5, {
    from: "03-20",
    until: "05-10"
  }),
  cosmetic({ slug: "sunflowers", name: "Sunflowers", description: "A field that turns with the day." }, 500, 5, {
    from: "06-20",
    until: "08-10"
  }),
  cosmetic({ slug: "harvest-wreath", name: "Harvest wreath", description: "Straw and the last flowers." }, 450, 5, {
    from: "09-15",
    until: "10-15"
  }),
  cosmetic({ slug: "pumpkins", name: "Pumpkins", description: "One on every step, a candle in each." }, 350, 3, {
    from: "10-16",
    until: "11-07"
  }),
  cosmetic({ slug: "snow", name: "Snow", description: "The whole farm under a quiet blanket." }, 600, 8, {
    from: "12-01",
    until: "01-15"
  }),
  cosmetic({ slug: "fireworks", name: "Fireworks", description: "For the turn of the year." }, 500, 8, {
    from: "12-28",
    until: "01-03"
  })
]
