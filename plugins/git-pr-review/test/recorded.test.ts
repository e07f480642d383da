/** Every delivery of GitHub's own examples. They are installed apart: `npm ci --prefix tests/parts/webhooks`. */
import { existsSync, readFileSync } from "node:fs"
import { assert, describe, it } from "@effect/vitest"
import { rehearse } from "@farmops/plugin-sdk/runtime/rehearse"
import { Effect } from "effect"
import { gitPrReview } from "../src/plugin.ts"
import { other } from "./deliveries.ts"

interface Examples {
  readonly name: string
  readonly examples: ReadonlyArray<Readonly<Record<string, unknown>>>
}

const folder = new URL("../../../tests/parts/webhooks/", import.meta.url)
const index = new URL("node_modules/@octokit/webhooks-examples/api.github.com/index.json", folder)
const isInstalled = existsSync(index)
if (!isInstalled)
  console.warn("skipped: GitHub's recorded deliveries, which `npm ci --prefix tests/parts/webhooks` installs")

const recorded: ReadonlyArray<Examples> = isInstalled ? JSON.parse(readFileSync(index, "utf8")) : []
const deliveries = recorded.flatMap(({ examples, name }) =>
  examples.map((payload, at) => ({ event: name, payload, id: `${name} ${payload.action ?? ""} ${at}` }))
)

// `as` who reviewed or merged, and nothing else, in place of the author who does everything in the examples.
const doneBy = ({ event, payload }: (typeof deliveries)[number], who: unknown, how: object) => {
  const { pull_request, review } = payload
  return {
    kind: "webhook",
    event,
    payload: {
      ...payload,
      sender: who,
      ...(review !== undefined && { review: Object.assign({}, review, { user: who }, how) }),
      ...(review === undefined && { pull_request: Object.assign({}, pull_request, { merged_by: who }, how) })
    }
  }
}

const earners = (change: (delivery: (typeof deliveries)[number]) => unknown) =>
  Effect.gen(function* () {
    const earned: Array<string> = []
    for (const delivery of deliveries) {
      // Each is another pull request.
      const verdict = yield* rehearse(gitPrReview, "github").see(change(delivery))
      if (verdict.verdict === "verified") earned.push(delivery.id)
    }
    return earned
  })

describe.skipIf(!isInstalled)("GitHub's recorded deliveries", () => {
  it("are all there", () => {
    assert.lengthOf(deliveries, 329)
  })

  it.effect("earn nothing as they are: in each, the author reviews or closes the own work", () =>
    Effect.gen(function* () {
      const asRecorded = yield* earners(({ event, payload }) => ({ kind: "webhook", event, payload }))
      assert.deepStrictEqual(asRecorded, [])
    })
  )

  it.effect("earn where somebody else approves what is open", () =>
    Effect.gen(function* () {
      const earned = yield* earners((delivery) => doneBy(delivery, other, { state: "approved" }))
      assert.deepStrictEqual(earned, [
        "pull_request_review submitted 0",
        "pull_request_review submitted 2",
        "pull_request_review submitted 3"
      ])
    })
  )

  it.effect("earn where somebody else merges", () =>
    Effect.gen(function* () {
      const earned = yield* earners((delivery) => doneBy(delivery, other, { merged: true }))
      assert.deepStrictEqual(earned, ["pull_request closed 3", "pull_request closed 4"])
    })
  )
})
