/** The verifier's page in a real browser, opened from disk and from a running farm: its verdict is the command line's. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath, pathToFileURL } from "node:url"
import type { Browser, Page } from "playwright-core"
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest"
import { agent, chain, stranger } from "../../conformance/proof/sampleProofs.ts"
import { archiveOf } from "../../packages/proof/test/archiveFixture.ts"
import { tracker as bundleTracker, sampleBundle } from "../../packages/proof/test/bundleFixture.ts"
import { sampleFork } from "../../packages/proof/test/forkFixture.ts"
import { FarmProcess, farmops, temporary } from "../quick/FarmProcess.ts"
import { makeMarkedRepository } from "../quick/markedRepository.ts"
import { hasChromium, launchChromium } from "./chromium.ts"

const screenshots = join(tmpdir(), "farmops-screenshots")
const fromDisk = pathToFileURL(fileURLToPath(new URL("../../packages/proof/verifier/index.html", import.meta.url))).href

interface Keys {
  readonly public_key?: string
  readonly recovery_key?: string
  readonly tracker_key?: string
}

const flags: Readonly<Record<keyof Keys, string>> = {
  public_key: "--key",
  recovery_key: "--recovery-key",
  tracker_key: "--tracker-key"
}

const vector = (name: string): { public_key: string; recovery_key?: string; proofs: ReadonlyArray<string> } =>
  JSON.parse(readFileSync(new URL(`../../conformance/proof/v1/valid/${name}.json`, import.meta.url), "utf8"))

const bytesOf = (lines: ReadonlyArray<string>) => Buffer.from(lines.map((line) => `${line}\n`).join(""))

describe.skipIf(!hasChromium)("the verifier's page in Chromium", () => {
  const folder = temporary("verifier")
  const lines = chain(30).map(({ text }) => text)
  const agentKeys: Keys = { public_key: agent.publicKey }
  let browser: Browser
  let page: Page
  let complaints: Array<string>
  let requests: Array<string>

  const open = async (url: string, options: Parameters<Browser["newPage"]>[0] = {}): Promise<Page> => {
    const opened = await browser.newPage({ viewport: { width: 900, height: 1000 }, ...options })
    opened.setDefaultTimeout(30_000)
    complaints = []
    requests = []
    opened.on("console", (message) => {
      if (message.type() === "error" || message.type() === "warning") complaints.push(message.text())
    })
    opened.on("pageerror", (error) => complaints.push(error.message))
    opened.on("request", (request) => requests.push(request.url()))
    await opened.goto(url)
    return opened
  }

  beforeAll(async () => {
    mkdirSync(screenshots, { recursive: true })
    browser = await launchChromium()
  })
  afterAll(async () => {
    await browser.close()
    folder.remove()
  })
  beforeEach(async () => {
    page = await open(fromDisk)
  })
  afterEach(() => page.close())

  const fill = async (keys: Keys) => {
    for (const id of Object.keys(flags)) await page.locator(`#${id}`).fill(keys[id as keyof Keys] ?? "")
  }
  /** Drops a file as a person does: the browser hands the page a file that it has not read. */
  const drop = async (bytes: Uint8Array, name = "file.jsonl") => {
    const base64 = Buffer.from(bytes).toString("base64")
    const dataTransfer = await page.evaluateHandle(`(() => {
      const transfer = new DataTransfer()
      const bytes = Uint8Array.from(atob(${JSON.stringify(base64)}), (unit) => unit.charCodeAt(0))
      transfer.items.add(new File([bytes], ${JSON.stringify(name)}))
      return transfer
    })()`)
    await page.dispatchEvent("main", "drop", { dataTransfer })
  }
  const shown = async (): Promise<Record<string, unknown>> => {
    await page.locator("#result").waitFor()
    return JSON.parse((await page.locator("#json").textContent()) ?? "")
  }
  const onPage = async (bytes: Uint8Array, keys: Keys) => {
    await fill(keys)
    await drop(bytes)
    return shown()
  }
  const onCommandLine = async (bytes: Uint8Array, keys: Keys): Promise<Record<string, unknown>> => {
    const file = join(folder.path, "file")
    writeFileSync(file, bytes)
    const given = Object.entries(keys).flatMap(([id, hex]) => [flags[id as keyof Keys], hex])
    return JSON.parse((await farmops(["proof", "verify", file, ...given, "--json"])).stdout)
  }

  const flipped = bytesOf(lines)
  const flippedAt = lines.slice(0, 17).join("\n").length + 200
  flipped[flippedAt] = (flipped[flippedAt] ?? 0) ^ 1
  const rotated = vector("chain-that-rotates-twice")
  const recovered = vector("chain-recovered")
  const recoveredKeys = { public_key: recovered.public_key, recovery_key: recovered.recovery_key ?? "" }
  const cases: ReadonlyArray<readonly [what: string, bytes: Uint8Array, keys: Keys, expected: object]> = [
    ["a good chain", bytesOf(lines), agentKeys, { ok: true, kind: "chain", proofs: 30 }],
    ["a chain with one flipped bit", flipped, agentKeys, { ok: false, line: 18, proofs: 17 }],
    ["a chain that rotated", bytesOf(rotated.proofs), { public_key: rotated.public_key }, { ok: true, kind: "chain" }],
    ["a chain that was recovered", bytesOf(recovered.proofs), recoveredKeys, { ok: true, kind: "chain" }],
    [
      "a chain under another key",
      bytesOf(lines),
      { public_key: stranger.publicKey },
      { code: "bad_signature", line: 1 }
    ],
    ["a chain without its third line", bytesOf(lines.toSpliced(2, 1)), agentKeys, { code: "wrong_sequence", line: 3 }],
    [
      "a picture",
      Uint8Array.from([0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10, 0, 0]),
      agentKeys,
      { kind: null, ok: false }
    ],
    [
      "a line of four megabytes",
      bytesOf([...lines, "x".repeat(4_000_000)]),
      agentKeys,
      { code: "too_large", line: 31 }
    ],
    ["one proof", bytesOf(lines.slice(7, 8)), agentKeys, { ok: true, kind: "proof" }],
    [
      "a proof bundle",
      Buffer.from(sampleBundle),
      { tracker_key: bundleTracker.publicKey },
      { ok: true, kind: "bundle" }
    ],
    ["an archive", archiveOf(), { tracker_key: bundleTracker.publicKey }, { ok: true, kind: "archive", proofs: 7 }],
    ["fork evidence", Buffer.from(`${sampleFork}\n`), {}, { ok: true, kind: "fork" }],
    ["fork evidence of another", Buffer.from(sampleFork), { public_key: stranger.publicKey }, { code: "other_key" }],
    ["nothing", new Uint8Array(0), agentKeys, { ok: false, kind: null, code: "empty_file" }]
  ]

  it.each(cases)("gives the command line's verdict on %s", async (_, bytes, keys, expected) => {
    const verdict = await onPage(bytes, keys)
    expect(verdict).toMatchObject(expected)
    expect(verdict).toEqual(await onCommandLine(bytes, keys))
    expect(await page.locator("#summary").textContent()).toBe(verdict.summary)
    expect(await page.locator("#verdict").textContent()).toBe(verdict.ok === true ? "It holds" : "It does not hold")
    expect(await page.getByRole("status").textContent()).toContain(String(verdict.summary))
    expect(requests).toEqual([fromDisk])
    expect(complaints).toEqual([])
  })

  it("names the first bad line, and who signed from where on", async () => {
    await onPage(flipped, agentKeys)
    expect(await page.locator("#facts").innerText()).toMatch(/First bad line\s+18\s/u)
    const { epochs } = await onPage(bytesOf(rotated.proofs), { public_key: rotated.public_key })
    expect(epochs).toHaveLength(3)
    expect(await page.locator("#epoch-rows tr").count()).toBe(3)
    await page.screenshot({ path: join(screenshots, "verifier-rotated.png"), fullPage: true })
  })

  it("asks for the key that a file needs, and goes on from the keyboard alone", async () => {
    await drop(bytesOf(lines))
    expect(await shown()).toMatchObject({ code: "key_needed", path: "public_key" })
    await page.keyboard.type(` ${agent.publicKey} `)
    await page.keyboard.press("Enter")
    await page.getByRole("heading", { name: "It holds" }).waitFor()
    expect(await shown()).toMatchObject({ ok: true, proofs: 30 })
  })

  it("takes a chosen file and a pasted text as well as a dropped one", async () => {
    await page.getByLabel("Agent's public key").fill(agent.publicKey)
    await page.getByLabel("File", { exact: true }).setInputFiles({
      name: "chosen.jsonl",
      mimeType: "application/octet-stream",
      buffer: bytesOf(lines)
    })
    expect(await shown()).toMatchObject({ ok: true, proofs: 30 })
    await page.getByText("Paste the text instead").click()
    await page.getByLabel("Text of the file").fill(`${lines.slice(0, 4).join("\n")}\n\n`)
    await page.getByRole("button", { name: "Check the text" }).click()
    await page.getByText("the text", { exact: true }).waitFor()
    expect(await shown()).toMatchObject({ ok: true, proofs: 4 })
  })

  it("stays alive while it checks a long chain, shows how far it is, and stops when it is told to", async () => {
    const long = bytesOf(chain(1500).map(({ text }) => text))
    await fill(agentKeys)
    await page.evaluate(`(() => {
      window.progressSeen = new Set()
      const look = () => { window.progressSeen.add(document.querySelector("#progress").value); requestAnimationFrame(look) }
      look()
    })()`)
    await drop(long)
    expect(await shown()).toMatchObject({ ok: true, proofs: 1500 })
    expect(Number(await page.evaluate("window.progressSeen.size"))).toBeGreaterThan(10)
    await drop(long)
    await page.getByRole("button", { name: "Cancel" }).click()
    await page.getByText("Cancelled", { exact: false }).first().waitFor()
    expect(await page.locator("#result").isVisible()).toBe(false)
    const reached = (await page.locator("#progress-label").textContent()) ?? ""
    expect(Number(reached.replace(/\D/gu, ""))).toBeLessThan(1400)
    await drop(bytesOf(lines))
    expect(await shown()).toMatchObject({ ok: true, proofs: 30 })
    expect(complaints).toEqual([])
  })

  it("shows a hostile file name and hostile words as text", async () => {
    const hostile = `<img src=x onerror="window.hacked=1">`
    await fill(agentKeys)
    await drop(Buffer.from(`{"action":{"${hostile}":1}}\n`), hostile)
    expect(await shown()).toMatchObject({ ok: false, line: 1 })
    expect(await page.locator("#facts").innerText()).toContain(hostile)
    expect(await page.evaluate("window.hacked")).toBeUndefined()
    expect(await page.locator("main img").count()).toBe(0)
    expect(complaints).toEqual([])
  })

  it("is kept by its own policy from asking anybody and from running another's script", async () => {
    const answer = await page.evaluate(
      "fetch('http://127.0.0.1:9/').then(() => 'answered', (error) => error.constructor.name)"
    )
    expect(answer).toBe("TypeError")
    await page.evaluate(
      "(() => { const s = document.createElement('script'); s.textContent = 'window.hacked = 1'; document.body.append(s) })()"
    )
    expect(await page.evaluate("window.hacked")).toBeUndefined()
    expect(complaints.filter((text) => /Content Security Policy/u.test(text)).length).toBeGreaterThanOrEqual(2)
    expect(requests.filter((url) => url !== fromDisk && !url.includes("127.0.0.1:9"))).toEqual([])
  })

  it("fits a phone without scrolling sideways, and a dark room", async () => {
    await page.close()
    page = await open(fromDisk, { viewport: { width: 360, height: 740 }, colorScheme: "dark" })
    await onPage(bytesOf(rotated.proofs), { public_key: rotated.public_key })
    await page.getByText("The verdict as JSON").click()
    expect(await page.evaluate("document.documentElement.scrollWidth <= innerWidth")).toBe(true)
    await page.screenshot({ path: join(screenshots, "verifier-phone-dark.png"), fullPage: true })
    expect(complaints).toEqual([])
  })

  it("is served by a farm's tracker, one link from its page, and checks what that farm exports", async () => {
    const repository = makeMarkedRepository(folder.path, 6).path
    const farm = new FarmProcess({ data: join(folder.path, "data"), repository })
    try {
      await farm.grown(6)
      const { tracker } = await farm.endpoints()
      await page.close()
      page = await open(`${tracker}/`)
      await page.getByRole("link", { name: "Check a file" }).click()
      await page.waitForURL(`${tracker}/verify`)
      const { agents } = (await (await fetch(`${tracker}/api/v1/agents`)).json()) as {
        agents: ReadonlyArray<{ agent_id: string; public_key: string }>
      }
      const { agent_id = "", public_key = "" } = agents[0] ?? {}
      const exported = await fetch(`${tracker}/api/v1/proofs/export?agent_id=${agent_id}`)
      const bytes = new Uint8Array(await exported.arrayBuffer())
      requests = []
      complaints = []
      const verdict = await onPage(bytes, { public_key })
      expect(verdict).toMatchObject({ ok: true, kind: "chain" })
      expect(Number(verdict.proofs)).toBeGreaterThanOrEqual(6)
      expect(verdict).toEqual(await onCommandLine(bytes, { public_key }))
      expect(requests).toEqual([])
      expect(complaints).toEqual([])
    } finally {
      await farm.stop()
    }
  })
})
