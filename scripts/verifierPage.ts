/**
 * Makes `packages/proof/verifier/index.html` from `packages/proof/page`: script, style and policy in one file that loads
 * nothing. `node scripts/verifierPage.ts` writes it; `checkGenerated.ts` fails when the committed one differs.
 */
import { createHash } from "node:crypto"
import { readFileSync, writeFileSync } from "node:fs"
import { rolldown } from "rolldown"
import { thirdPartyNotices } from "./thirdPartyNotices.ts"

/** Where the page is committed, from the repository's root. */
export const verifierPageFile = "packages/proof/verifier/index.html"

const source = "packages/proof/page"

/** The page's script as one minified text, and the licences of what is in it. */
const bundleScript = async (): Promise<{ readonly script: string; readonly notices: string }> => {
  const bundle = await rolldown({
    input: `${source}/main.ts`,
    platform: "browser",
    plugins: [thirdPartyNotices("page")]
  })
  const { output } = await bundle.generate({ format: "iife", minify: true, comments: { legal: false } })
  await bundle.close()
  const [chunk] = output
  const notices = output.find((file) => file.type === "asset")
  if (output.length !== 2 || notices?.type !== "asset") throw new Error("the page must be one script with its notices")
  return { script: chunk.code.trim(), notices: String(notices.source) }
}

const hashOf = (text: string): string => `'sha256-${createHash("sha256").update(text, "utf8").digest("base64")}'`

/** The page as it must be; the same bytes on every run. */
export const makeVerifierPage = async (): Promise<string> => {
  const { notices, script } = await bundleScript()
  const style = readFileSync(`${source}/style.css`, "utf8").replace(/\s*\n\s*/g, "")
  if (/<\/(?:script|style)|<!--/i.test(script + style)) throw new Error("the script or the style would end early")
  const policy = [
    "default-src 'none'",
    `script-src ${hashOf(script)}`,
    `style-src ${hashOf(style)}`,
    "base-uri 'none'",
    "form-action 'none'"
  ].join("; ")
  const places: Readonly<Record<string, string>> = {
    "default-src 'none'": policy,
    "/* style.css */": style,
    "/* main.ts */": script,
    "</html>\n": `</html>\n<!--\nThe script holds parts of these works:\n\n${notices.replace(/-{2,}/g, "")}-->\n`
  }
  let page = readFileSync(`${source}/template.html`, "utf8")
  for (const [mark, text] of Object.entries(places)) {
    if (page.split(mark).length !== 2) throw new Error(`the template must have one ${mark.trim()}`)
    page = page.replace(mark, () => text)
  }
  return page
}

if (import.meta.main) {
  const page = await makeVerifierPage()
  writeFileSync(verifierPageFile, page)
  console.log(`${verifierPageFile}: ${Buffer.byteLength(page)} bytes`)
}
