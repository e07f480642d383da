/** The page of a real `farmops up` on a real repository: it shows the farm, and a new commit appears while one looks at it. */
import { execFileSync } from "node:child_process"
import { mkdirSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import type { Browser } from "playwright-core"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { FarmProcess, temporary } from "../quick/FarmProcess.ts"
import { hasChromium, launchChromium } from "./chromium.ts"

const screenshots = join(tmpdir(), "farmops-screenshots")

const git = (path: string, ...args: ReadonlyArray<string>): void => {
  execFileSync("git", ["-C", path, ...args], {
    stdio: "ignore",
    env: { PATH: process.env.PATH, HOME: "/nonexistent", GIT_CONFIG_NOSYSTEM: "1", GIT_CONFIG_GLOBAL: "/dev/null" }
  })
}

const commitFile = (path: string, name: string): void => {
  writeFileSync(join(path, name), `${name}\n`)
  git(path, "add", ".")
  git(path, "commit", "--quiet", "-m", `Add ${name}`)
}

const makeRepository = (path: string): string => {
  mkdirSync(path)
  git(path, "init", "--quiet", "--initial-branch=main")
  git(path, "config", "user.name", "A Farmer")
  git(path, "config", "user.email", "farmer@example.org")
  for (const name of ["readme.md", "main.ts", "main.test.ts", "deploy.yaml", "package.json"]) commitFile(path, name)
  return path
}

describe.skipIf(!hasChromium)("the page of a running farm in Chromium", () => {
  const folder = temporary("browser")
  const repository = makeRepository(join(folder.path, "repository"))
  let farm: FarmProcess
  let browser: Browser

  beforeAll(async () => {
    mkdirSync(screenshots, { recursive: true })
    farm = new FarmProcess({ data: join(folder.path, "data"), repository })
    browser = await launchChromium()
    await farm.grown(5)
  })
  afterAll(async () => {
    await browser.close()
    await farm.stop()
    folder.remove()
  })

  it("shows the whole farm, and a new commit within 5 seconds without a reload", async () => {
    const { tracker } = await farm.endpoints()
    const page = await browser.newPage({ viewport: { width: 1180, height: 1000 } })
    const complaints: Array<string> = []
    const elsewhere: Array<string> = []
    page.on("console", (message) => {
      if (message.type() === "error" || message.type() === "warning") complaints.push(message.text())
    })
    page.on("pageerror", (error) => complaints.push(error.message))
    page.on("requestfailed", (request) => complaints.push(`failed: ${request.url()}`))
    page.on("request", (request) => {
      if (!/^(?:data|blob):/u.test(request.url()) && !request.url().startsWith(tracker)) elsewhere.push(request.url())
    })

    const answer = await page.goto(`${tracker}/`)
    expect(answer?.headers()["content-security-policy"]).toContain("default-src 'none'")
    await page.getByText("Live", { exact: true }).waitFor()
    await expect.poll(() => page.evaluate("document.querySelector('#picture').naturalWidth")).toBe(960)
    const coins = async () => Number((await page.locator("#coins").innerText()).replaceAll(",", ""))
    const before = await coins()
    expect(before).toBeGreaterThan(0)
    expect(await page.locator("#proofs > li").count()).toBe(5)

    const first = page.locator("#proofs > li").first()
    await first.locator("summary").click()
    expect(await first.locator(".why").innerText()).toMatch(
      /base[\s\S]*complexity[\s\S]*impact[\s\S]*streak[\s\S]*upgrade[\s\S]*fatigue[\s\S]*coins/u
    )
    const { agents } = (await (await fetch(`${tracker}/api/v1/agents`)).json()) as {
      agents: ReadonlyArray<{ public_key: string }>
    }
    await page.locator("#keys pre", { hasText: agents[0]?.public_key ?? "no agent" }).waitFor()
    await page.locator("#board-rows tr").first().waitFor({ timeout: 45_000 })

    await page.evaluate("window.farmopsSamePage = true")
    commitFile(repository, "next.ts")
    await page.locator("#proofs > li").nth(5).waitFor({ timeout: 5000 })
    await expect.poll(coins).toBeGreaterThan(before)
    expect(await page.evaluate("window.farmopsSamePage")).toBe(true)

    await page.screenshot({ path: join(screenshots, "live-farm.png"), fullPage: true })
    expect(elsewhere).toEqual([])
    expect(complaints).toEqual([])
  })
})
