/** The page against a stand-in tracker: what it shows, that it lives, and that no text from outside becomes markup. */
import { mkdirSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import type { Browser, Page } from "playwright-core"
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest"
import { hasChromium, launchChromium } from "./chromium.ts"
import { type StandInTracker, someFarm, standInKey, startStandInTracker } from "./standInTracker.ts"

const screenshots = join(tmpdir(), "farmops-screenshots")

describe.skipIf(!hasChromium)("the farm page in Chromium", () => {
  let browser: Browser
  let tracker: StandInTracker
  let page: Page
  let complaints: Array<string>

  const open = async (options: Parameters<Browser["newPage"]>[0] = {}): Promise<Page> => {
    const opened = await browser.newPage({ viewport: { width: 1180, height: 900 }, ...options })
    opened.setDefaultTimeout(10_000)
    complaints = []
    opened.on("console", (message) => {
      if (message.type() === "error" || message.type() === "warning") complaints.push(message.text())
    })
    opened.on("pageerror", (error) => complaints.push(error.message))
    return opened
  }

  beforeAll(async () => {
    mkdirSync(screenshots, { recursive: true })
    browser = await launchChromium()
  })
  afterAll(() => browser.close())
  beforeEach(async () => {
    tracker = await startStandInTracker(someFarm)
    page = await open()
  })
  afterEach(async () => {
    await page.close()
    await tracker.close()
  })

  const text = (selector: string) => page.locator(selector).innerText()
  // Asked from outside: the page's policy allows no evaluation inside.
  const pictureLoaded = () =>
    expect.poll(() => page.evaluate("document.querySelector('#picture').naturalWidth"), { timeout: 10_000 }).toBe(960)

  it("shows the farm's numbers and its picture, without a complaint from the browser", async () => {
    await page.goto(tracker.url)
    await page.getByText("Live", { exact: true }).waitFor()
    await pictureLoaded()
    expect(await text("#name")).toBe("Willow Farm")
    expect(await text("#coins")).toBe("1,250")
    expect(await text("#level-note")).toBe("200 of 350 to level 8")
    expect(await text("#streak")).toBe("8 days")
    expect(await text("#today-note")).toBe("of 600 a day")
    await page.locator("#keys pre").waitFor()
    expect(await text("#keys pre")).toBe(
      `npx farmops proof export --out farm.jsonl && npx farmops proof verify farm.jsonl --key ${standInKey}`
    )
    expect(await page.locator("#board-rows tr").count()).toBe(1)
    expect(await page.locator("#sample").isVisible()).toBe(false)
    await page.screenshot({ path: join(screenshots, "page-light.png"), fullPage: true })
    expect(complaints).toEqual([])
  })

  it("shows what the coins bought and what was achieved, whatever their names hold", async () => {
    await page.goto(tracker.url)
    await page.locator("#owned tr").waitFor()
    expect((await text("#owned tr")).replace(/\s+/gu, " ")).toBe("<b>Fence</b> 1 2")
    expect(await text("#achieved")).toBe("1 achievement of 2. Among them: First furrow.")
    expect(await text("#purse")).toBe("1,250 coins to spend: farmops farm shop")
    expect(complaints).toEqual([])
  })

  it("opens a proof by keyboard and shows each factor of its reward and why it was cut", async () => {
    tracker.addProof("Merged 1 branch", "ceiling")
    await page.goto(tracker.url)
    const first = page.locator("#proofs > li").first()
    await first.locator("summary").focus()
    await page.keyboard.press("Enter")
    const why = (await first.locator(".why").innerText()).replace(/\s+/gu, " ")
    expect(why).toContain(
      "base 10 complexity × 1.25 impact × 1.111 streak × 1.5 upgrade × 1 fatigue × 1 = worth 21 → coins 5"
    )
    expect(why).toContain("the barn is full")
    expect(why).toContain("The ceiling left 5 coins of the 21 that it is worth.")
  })

  it("shows new work without a reload and keeps an opened proof open", async () => {
    await page.goto(tracker.url)
    await page.evaluate("window.farmopsSamePage = true")
    const old = page.locator("#proofs > li", { hasText: "Committed 3 files" })
    await old.locator("summary").click()
    tracker.addProof("Tagged 1 release")
    await page.locator("#proofs > li", { hasText: "Tagged 1 release" }).waitFor()
    expect(await text("#coins")).toBe("1,271")
    expect(await old.locator("details").getAttribute("open")).not.toBeNull()
    expect(await page.evaluate("window.farmopsSamePage")).toBe(true)
    await page.locator("#picture[alt*='1,271']").waitFor()
  })

  it("says that it reconnects while the tracker is away, and catches up when it is back", async () => {
    await page.goto(tracker.url)
    await page.getByText("Live", { exact: true }).waitFor()
    tracker.breakEvents()
    await page.locator("[data-link=retry]").waitFor()
    expect(await text("#link")).toMatch(/Reconnecting \(attempt \d+\)….*Numbers are from/u)
    tracker.addProof("Committed 7 files")
    tracker.mend()
    await page.locator("[data-link=live]").waitFor()
    await page.locator("#proofs > li", { hasText: "Committed 7 files" }).waitFor()
    expect(await text("#coins")).toBe("1,271")
  })

  it("shows markup in a name and in a description as text, and runs none of it", async () => {
    const hostile = `<img src=x onerror="window.hacked=1"><script>window.hacked=1</script>`
    tracker.setFarm({ ...someFarm, name: hostile })
    tracker.addProof(hostile)
    await page.goto(tracker.url)
    await page.locator("#proofs > li", { hasText: "onerror" }).waitFor()
    await pictureLoaded()
    expect(await text("#name")).toContain("onerror")
    expect(await page.evaluate("window.hacked")).toBeUndefined()
    expect(await page.locator("#proofs img, #name img").count()).toBe(0)
    expect(complaints).toEqual([])
  })

  it("refuses, by its policy, a script that found a way in", async () => {
    await page.goto(tracker.url)
    await page.evaluate(
      "(() => { const s = document.createElement('script'); s.textContent = 'window.hacked = 1'; document.body.append(s) })()"
    )
    expect(await page.evaluate("window.hacked")).toBeUndefined()
    expect(complaints.join()).toMatch(/Content Security Policy/u)
  })

  it("asks for the owner's token where the tracker wants one, and shows nothing before", async () => {
    tracker.lock("the-owners-token")
    await page.goto(tracker.url)
    const field = page.getByLabel("This tracker can be reached from other machines")
    await field.fill("a wrong one")
    await page.keyboard.press("Enter")
    await field.waitFor()
    expect(await text("#coins")).toBe("–")
    await field.fill("the-owners-token")
    await page.keyboard.press("Enter")
    await page.getByText("Live", { exact: true }).waitFor()
    await pictureLoaded()
    expect(await text("#coins")).toBe("1,250")
    expect(await field.isVisible()).toBe(false)
    expect(page.url()).toBe(tracker.url)
  })

  it("labels a sample farm in words, in the title and in the picture", async () => {
    tracker.setFarm({ ...someFarm, sample: true })
    await page.goto(tracker.url)
    await page.locator("#sample").waitFor()
    expect(await text("#sample-note")).toContain("nobody's work")
    expect(await page.title()).toMatch(/^Sample: /u)
  })

  it("fits a phone without scrolling sideways, and a dark room", async () => {
    await page.close()
    page = await open({ viewport: { width: 360, height: 740 }, colorScheme: "dark" })
    await page.goto(tracker.url)
    await page.getByText("Live", { exact: true }).waitFor()
    await pictureLoaded()
    await page.locator("#proofs summary").first().click()
    expect(await page.evaluate("document.documentElement.scrollWidth <= innerWidth")).toBe(true)
    await page.screenshot({ path: join(screenshots, "page-phone-dark.png"), fullPage: true })
    await page.setViewportSize({ width: 1180, height: 900 })
    await page.screenshot({ path: join(screenshots, "page-dark.png"), fullPage: true })
    expect(complaints).toEqual([])
  })
})
