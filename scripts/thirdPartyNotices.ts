/** A build step that writes the licences of everything a bundle contains beside it, as those licences ask. */
import { globSync, readFileSync } from "node:fs"
import { join } from "node:path"
import type { Plugin } from "rolldown"

export const thirdPartyNotices = (bundleName: string): Plugin => ({
  name: "third-party-notices",
  generateBundle(_options, bundle) {
    const folders = new Set<string>()
    for (const chunk of Object.values(bundle)) {
      if (chunk.type !== "chunk") continue
      for (const id of chunk.moduleIds) {
        const found = /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+/.exec(id)
        if (found !== null) folders.add(found[0])
      }
    }
    const texts = [...folders].sort().map((folder) => {
      const { name, version, license } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"))
      const [file] = globSync("{LICENSE,LICENCE,license}*", { cwd: folder })
      const text = file === undefined ? `Licence: ${license}` : readFileSync(join(folder, file), "utf8").trim()
      return `${name} ${version}\n\n${text}\n`
    })
    if (texts.length > 0) {
      this.emitFile({
        type: "asset",
        fileName: `${bundleName}.THIRD_PARTY_NOTICES.txt`,
        source: texts.join(`\n${"-".repeat(80)}\n\n`)
      })
    }
  }
})
