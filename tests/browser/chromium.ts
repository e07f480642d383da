/** Finds the real Chromium that the page is tested in, and says how to install it where there is none. */
import { accessSync, constants } from "node:fs"
import { type Browser, chromium } from "playwright-core"

const executablePath = "/usr/bin/chromium"

const present = (): boolean => {
  try {
    accessSync(executablePath, constants.X_OK)
    return true
  } catch {
    return false
  }
}

/** False where the browser tests cannot run; the reason has then been written to standard error, for everybody to see. */
export const hasChromium: boolean = present()

if (!hasChromium) {
  process.stderr.write(
    `SKIPPED: the browser tests need ${executablePath}. Install it with: apt-get update && apt-get install -y chromium\n`
  )
}

/** Starts Chromium; the caller closes it. */
export const launchChromium = (): Promise<Browser> => chromium.launch({ executablePath, args: ["--no-sandbox"] })
