/** The achievements of a farm. Most fall to ordinary weeks; none asks for work on a rest day, by night or in haste. */
import type { Achievement, AchievementSet, CompositeStep, Condition } from "./Achievement.ts"

const achievement = (slug: string, name: string, description: string, condition: Condition): Achievement => ({
  slug,
  name,
  description,
  condition
})

type Kind = Partial<Pick<CompositeStep, "plugins" | "category" | "action_type">>

const anyWork = { plugins: null, category: null, action_type: null }

const proofs = (count: number, kind: Kind = {}): Condition => ({ kind: "proofs", count, ...anyWork, ...kind })

const step = (by: CompositeStep["by"], kind: Kind): CompositeStep => ({ by, ...anyWork, ...kind })

const hour = 60

const firsts: ReadonlyArray<Achievement> = [
  achievement("first-proof", "First furrow", "The first proof of work.", proofs(1)),
  achievement("first-incident", "First fire", "The first incident put out.", proofs(1, { category: "incident" })),
  achievement("first-review", "Second pair of eyes", "The first review.", proofs(1, { action_type: "review" })),
  achievement("first-animal", "Company", "An animal moves in.", { kind: "owns_kind", item_kind: "animal", count: 1 }),
  achievement("first-building", "Groundbreaking", "A building stands.", {
    kind: "owns_kind",
    item_kind: "building",
    count: 1
  })
]

const counts: ReadonlyArray<Achievement> = [
  achievement("hundred-proofs", "A hundred", "A hundred proofs.", proofs(100)),
  achievement("thousand-proofs", "A thousand", "A thousand proofs.", proofs(1000)),
  achievement("keeper", "Keeper", "A thousand proofs of maintenance.", proofs(1000, { category: "maintenance" })),
  achievement("toil-breaker", "Toil breaker", "250 proofs against toil.", proofs(250, { category: "toil" })),
  achievement("pillar", "Pillar", "A hundred proofs of reliability.", proofs(100, { category: "reliability" })),
  achievement("locksmith", "Locksmith", "A hundred proofs of security.", proofs(100, { category: "security" })),
  achievement("fire-brigade", "Fire brigade", "Fifty incidents put out.", proofs(50, { category: "incident" })),
  achievement("new-growth", "New growth", "A hundred upgrades.", proofs(100, { category: "upgrade" })),
  achievement("good-neighbour", "Good neighbour", "250 reviews.", proofs(250, { action_type: "review" })),
  achievement(
    "twelve-seals",
    "Twelve seals",
    "Twelve certificates renewed.",
    proofs(12, { plugins: ["farmops/certificate-renewal"] })
  )
]

const days: ReadonlyArray<Achievement> = [
  achievement("week-in-a-row", "A week", "A streak of seven days.", { kind: "streak", days: 7 }),
  achievement("month-in-a-row", "A month", "A streak of thirty days.", { kind: "streak", days: 30 }),
  achievement("hundred-in-a-row", "Deep roots", "A streak of a hundred days.", { kind: "streak", days: 100 }),
  achievement("thirty-days", "Settled in", "Thirty days of work.", { kind: "active_days", days: 30 }),
  achievement("two-hundred-days", "Old hand", "Two hundred days of work.", { kind: "active_days", days: 200 }),
  achievement("good-day", "A good day", "Three hundred coins in one day.", { kind: "day_coins", coins: 300 }),
  achievement("full-barn", "Barn full", "Six hundred coins in one day.", { kind: "day_coins", coins: 600 }),
  achievement("all-trades", "Jack of all trades", "All six kinds of work in one day.", {
    kind: "day_categories",
    count: 6
  })
]

const levels: ReadonlyArray<Achievement> = [5, 10, 20, 30, 40, 50, 60].map((level) =>
  achievement(`level-${level}`, `Level ${level}`, `The farm reaches level ${level}.`, { kind: "level", level })
)

const everyBuilding = ["silo", "windmill", "stone-wall", "watchtower", "fire-station", "greenhouse", "farmhouse"]

const owning: ReadonlyArray<Achievement> = [
  achievement("village-green", "Village green", "Ten kinds of decor.", {
    kind: "owns_kind",
    item_kind: "decor",
    count: 10
  }),
  achievement("menagerie", "Menagerie", "All ten animals.", { kind: "owns_kind", item_kind: "animal", count: 10 }),
  achievement("four-seasons", "Four seasons", "Snow, blossom, sunflowers and a wreath.", {
    kind: "owns",
    items: ["snow", "blossom", "sunflowers", "harvest-wreath"].map((item) => ({ item, level: 1 }))
  }),
  achievement("master-builder", "Master builder", "Every building at its highest level.", {
    kind: "owns",
    items: everyBuilding.map((item) => ({ item, level: 5 }))
  })
]

// A person begins each of these; what the change sets off may be the work of machines, on whatever agent.
const acrossTools: ReadonlyArray<Achievement> = [
  achievement("full-circle", "Full circle", "An infrastructure change, its pipeline and its rollout in four hours.", {
    kind: "composite",
    steps: [
      step("people", { plugins: ["farmops/terraform-apply", "farmops/terraform-drift", "farmops/ansible-run"] }),
      step("anyone", { plugins: ["farmops/ci-pipeline"] }),
      step("anyone", { action_type: "deploy" })
    ],
    window_minutes: 4 * hour
  }),
  achievement("never-again", "Never again", "An incident resolved, then a change reviewed, within a day.", {
    kind: "composite",
    steps: [
      step("people", { category: "incident", action_type: "resolve" }),
      step("people", { action_type: "review" })
    ],
    window_minutes: 24 * hour
  }),
  achievement("walked-the-fence", "Walked the fence", "A rollout, then a look at the cluster's health in an hour.", {
    kind: "composite",
    steps: [step("people", { action_type: "deploy" }), step("anyone", { plugins: ["farmops/k8s-pod-health"] })],
    window_minutes: hour
  }),
  achievement("dry-and-tight", "Dry and tight", "A backup restored and a lock checked on the same day.", {
    kind: "composite",
    steps: [
      step("people", { plugins: ["farmops/mysql-backup-verify"] }),
      step("anyone", { plugins: ["farmops/s3-object-lock-audit"] })
    ],
    window_minutes: 24 * hour
  })
]

/** See the module. */
export const defaultAchievements: AchievementSet = {
  format: "farmops/achievements/1",
  version: 1,
  achievements: [...firsts, ...counts, ...days, ...levels, ...owning, ...acrossTools]
}
