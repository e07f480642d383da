/** The picture by itself: a browser accepts it at every age, by day and by night, and asks nobody for anything. */

import { mkdirSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { drawFarm } from "@farmops/core/farm/drawFarm"
import type { FarmState } from "@farmops/core/farm/FarmState"
import type { Browser } from "playwright-core"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { hasChromium, launchChromium } from "./chromium.ts"
import { someFarm } from "./standInTracker.ts"

const screenshots = join(tmpdir(), "farmops-screenshots")

const scaled = (times: number): FarmState["categories"] =>
  someFarm.categories.map((row) => ({
    ...row,
    total_coins: row.total_coins * times,
    total_proofs: row.total_proofs * times
  }))

const ages: Record<string, FarmState> = {
  empty: {
    ...someFarm,
    total_coins: 0,
    level: 1,
    streak_days: 0,
    freezes: 0,
    today_coins: 0,
    bot_coins: 0,
    proofs: 0,
    categories: scaled(0)
  },
  small: {
    ...someFarm,
    total_coins: 62,
    level: 2,
    streak_days: 3,
    freezes: 0,
    bot_coins: 0,
    proofs: 5,
    categories: scaled(0.1)
  },
  medium: { ...someFarm, sample: true },
  large: {
    ...someFarm,
    total_coins: 22_500,
    level: 30,
    streak_days: 64,
    today_coins: 600,
    bot_coins: 2300,
    proofs: 1700,
    categories: scaled(15)
  }
}

describe.skipIf(!hasChromium)("the farm's picture in Chromium", () => {
  let browser: Browser

  beforeAll(async () => {
    mkdirSync(screenshots, { recursive: true })
    browser = await launchChromium()
  })
  afterAll(() => browser.close())

  for (const [age, state] of Object.entries(ages)) {
    it(`is drawn for a farm that is ${age}, by day and by night`, async () => {
      const pixels = new Set<string>()
      for (const colorScheme of ["light", "dark"] as const) {
        const page = await browser.newPage({
          viewport: { width: 960, height: 540 },
          colorScheme,
          reducedMotion: "reduce"
        })
        const asked: Array<string> = []
        page.on("request", (request) => asked.push(request.url().slice(0, 20)))
        const svg = drawFarm(state)
        const address = `data:image/svg+xml;base64,${Buffer.from(svg).toString("base64")}`
        await page.setContent(
          `<meta name="color-scheme" content="light dark"><style>body{margin:0}</style><img src="${address}">`
        )
        expect(await page.evaluate("document.images[0].decode().then(() => document.images[0].naturalWidth)")).toBe(960)
        const faults = await page.evaluate(
          `new DOMParser().parseFromString(${JSON.stringify(svg)}, "image/svg+xml").querySelectorAll("parsererror").length`
        )
        expect(faults).toBe(0)
        expect(asked.filter((url) => !url.startsWith("data:"))).toEqual([])
        const shot = await page.screenshot({ path: join(screenshots, `farm-${age}-${colorScheme}.png`) })
        pixels.add(shot.toString("base64"))
        await page.close()
      }
      expect(pixels.size).toBe(2)
    })
  }
})
