/**
 * A stand-in for a tracker, for what a real one cannot be asked to do: carry hostile names and break its connections.
 * It serves the real page, the real picture and the real policies; only the numbers are made up.
 */

import { createServer, type ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"
import { farmPageCsp, farmPageHtml, farmSvgCsp } from "@farmops/core/api/farmPage"
import { drawFarm } from "@farmops/core/farm/drawFarm"
import type { FarmState } from "@farmops/core/farm/FarmState"
import { categories } from "@farmops/proof/vocabulary"

/** An agent's key, so that a test can look for it on the page. */
export const standInKey = "5f".repeat(32)

/** A farm in the middle of its life; tests change what they are about. */
export const someFarm: FarmState = {
  name: "Willow Farm",
  total_coins: 1250,
  current_coins: 1250,
  debt: 0,
  level: 7,
  level_progress: { have: 200, need: 350 },
  streak_days: 8,
  freezes: 1,
  last_active: "2026-01-10T10:00:00Z",
  farm_day: "2026-01-10",
  today_coins: 240,
  ceiling: 600,
  bot_coins: 84,
  proofs: 96,
  categories: categories.map((category, i) => ({
    category,
    total_proofs: 30 - i * 4,
    total_coins: 400 - i * 60,
    last_proof_at: "2026-01-10T10:00:00Z"
  })),
  sample: false,
  time_zone: "UTC",
  ruleset_hash: "0".repeat(64),
  updated_at: "2026-01-10T10:00:00Z"
}

const entryOf = (sequence: number, description: string, reason: "ceiling" | "not_verified" | null) => ({
  proof: {
    schema_version: "1",
    proof_id: `00000000-0000-7000-8000-${String(sequence).padStart(12, "0")}`,
    prev_proof_id: null,
    prev_proof_hash: null,
    sequence,
    timestamp: "2026-01-10T10:00:00Z",
    agent: { agent_id: "11111111-1111-4111-8111-111111111111", cluster_alias: "home" },
    actor: { actor_hash: "a".repeat(64), actor_type: "human" },
    action: {
      plugin: "farmops/git-history",
      action_type: "fix",
      category: categories[sequence % 6],
      subcategory: null,
      description
    },
    outcome: { status: "success", verified: true, evidence_hash: "b".repeat(64) },
    scoring_hints: { complexity: "medium", impact_radius: 2, artifacts_touched: 3, time_spent_seconds: null },
    signature: "c".repeat(128)
  },
  coins: reason === null ? 21 : reason === "ceiling" ? 5 : 0,
  scoring_detail: {
    ruleset_hash: "0".repeat(64),
    board: "human",
    farm_day: "2026-01-10",
    base: 10,
    complexity: 1250,
    impact: 1111,
    streak: 1500,
    upgrade: 1000,
    fatigue: 1000,
    repeats_today: 1,
    streak_days: 8,
    uncapped: 21,
    ceiling_left: reason === "ceiling" ? 5 : 360,
    coins: reason === null ? 21 : reason === "ceiling" ? 5 : 0,
    reason
  },
  received_at: "2026-01-10T10:00:01Z",
  hash: "d".repeat(64)
})

/** A running stand-in: change the farm, add a proof, break the live connections, close it. */
export interface StandInTracker {
  readonly url: string
  readonly setFarm: (farm: FarmState) => void
  readonly addProof: (description: string, reason?: "ceiling" | "not_verified" | null) => void
  /** Ends every live connection and refuses new ones until `mend`. */
  readonly breakEvents: () => void
  readonly mend: () => void
  /** From now on only this token opens what is the owner's. */
  readonly lock: (token: string) => void
  readonly close: () => Promise<void>
}

/** Listens on a free loopback port. */
export const startStandInTracker = async (initial: FarmState): Promise<StandInTracker> => {
  let farm = initial
  let broken = false
  let ownerToken: string | null = null
  const proofs = [entryOf(0, "Committed 3 files", null)]
  const live = new Set<ServerResponse>()
  const send = (response: ServerResponse) => response.write(`event: farm\ndata: ${JSON.stringify(farm)}\n\n`)
  const body = (path: string): { type: string; csp?: string; text: string } | null => {
    const json = (value: unknown) => ({ type: "application/json", text: JSON.stringify(value) })
    switch (path) {
      case "/":
        return { type: "text/html; charset=utf-8", csp: farmPageCsp, text: farmPageHtml() }
      case "/farm.svg":
        return { type: "image/svg+xml", csp: farmSvgCsp, text: drawFarm(farm) }
      case "/api/v1/farm":
        return json(farm)
      case "/api/v1/proofs":
        return json({ proofs: [...proofs].reverse(), next_cursor: null })
      case "/api/v1/farm/upgrades":
        return json({
          current_coins: farm.current_coins,
          debt: farm.debt,
          spent: 50,
          upgrades: [{ item: "fence", name: "<b>Fence</b>", kind: "decor", level: 1, count: 2, purchases: [] }],
          trophies: [],
          multipliers: []
        })
      case "/api/v1/farm/achievements":
        return json({
          set_version: 1,
          set_hash: "0".repeat(64),
          achievements: ["First furrow", "A hundred"].map((name, at) => ({
            slug: `a${at}`,
            name,
            description: "For a test.",
            earned: at === 0 ? { position: 1, at: farm.updated_at } : null,
            progress: null
          }))
        })
      case "/api/v1/leaderboard":
        return json({
          entries: [
            {
              rank: 1,
              farmer_id: "x",
              display_name: farm.name,
              total_coins: 1250,
              level: 7,
              streak_days: 8,
              updated_at: farm.updated_at
            }
          ]
        })
      case "/api/v1/agents":
        return json({
          agents: [
            {
              agent_id: proofs[0]?.proof.agent.agent_id,
              status: "approved",
              public_key: standInKey,
              fingerprint: "f",
              cluster_alias: "home"
            }
          ]
        })
      default:
        return null
    }
  }
  const server = createServer((request, response) => {
    const path = (request.url ?? "/").split("?")[0] ?? "/"
    if (broken) {
      response.destroy()
      return
    }
    const mine = path !== "/" && ownerToken !== null
    if (mine && request.headers.authorization !== `Bearer ${ownerToken}`) {
      response.writeHead(401, { "content-type": "application/problem+json" }).end("{}")
      return
    }
    if (path === "/api/v1/events") {
      response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-store" })
      live.add(response)
      response.on("close", () => live.delete(response))
      send(response)
      return
    }
    const found = body(path)
    if (found === null) {
      response.writeHead(404).end()
      return
    }
    response.writeHead(200, {
      "content-type": found.type,
      "x-content-type-options": "nosniff",
      ...(found.csp === undefined ? {} : { "content-security-policy": found.csp })
    })
    response.end(found.text)
  })
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  const { port } = server.address() as AddressInfo
  const publish = () => {
    for (const response of live) send(response)
  }
  return {
    url: `http://127.0.0.1:${port}/`,
    setFarm: (next) => {
      farm = next
      publish()
    },
    addProof: (description, reason = null) => {
      proofs.push(entryOf(proofs.length, description, reason))
      farm = { ...farm, proofs: farm.proofs + 1, total_coins: farm.total_coins + 21 }
      publish()
    },
    breakEvents: () => {
      broken = true
      for (const response of live) response.destroy()
    },
    mend: () => {
      broken = false
    },
    lock: (token) => {
      ownerToken = token
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      })
  }
}
