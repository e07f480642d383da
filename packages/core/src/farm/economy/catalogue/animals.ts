/** Animals: each lives in the barn's stalls, and none ever goes hungry because somebody was away. */
import type { SoldItem } from "../Item.ts"
import { animal } from "./sold.ts"

/** In the order in which a farm meets them. */
export const animals: ReadonlyArray<SoldItem> = [
  animal({ slug: "hen", name: "Hen", description: "Announces every egg to the whole yard." }, 120, 2, 1, 3),
  animal({ slug: "cat", name: "Cat", description: "Reviews the mice, approves of none." }, 180, 4, 1, 2),
  animal({ slug: "duck", name: "Duck", description: "Listens patiently to any problem." }, 260, 6, 1, 3),
  animal({ slug: "bees", name: "Bees", description: "Many small workers, one steady hum." }, 450, 10, 1, 2),
  animal({ slug: "dog", name: "Dog", description: "Barks at alerts, sleeps through noise." }, 700, 15, 1, 2),
  animal({ slug: "goat", name: "Goat", description: "Tests every fence, twice." }, 900, 18, 1, 2),
  animal({ slug: "sheep", name: "Sheep", description: "Counted every night; the numbers match." }, 1200, 23, 2, 3),
  animal({ slug: "cow", name: "Cow", description: "Calm at any load." }, 1700, 30, 2, 2),
  animal({ slug: "alpaca", name: "Alpaca", description: "Looks as though it knows the root cause." }, 2600, 40, 2, 2),
  animal({ slug: "horse", name: "Horse", description: "Carries the heaviest rollouts home." }, 4000, 50, 3)
]
