/** Bundles modules of this package as a web site or an old program would. */
import { fileURLToPath } from "node:url"
import { rolldown } from "rolldown"

const source = fileURLToPath(new URL("../src/", import.meta.url))

/** One minified module that exports everything of these, what it still imports, and the files that went into it. */
export const bundleOf = async (modules: ReadonlyArray<string>, platform: "browser" | "node") => {
  const bundle = await rolldown({
    input: "entry",
    platform,
    // What only warns would be missing at run time.
    onLog: (_level, log) => {
      throw new Error(log.message)
    },
    plugins: [
      {
        name: "entry",
        resolveId: (id) => (id === "entry" ? id : null),
        load: (id) => (id === "entry" ? modules.map((name) => `export * from "${source}${name}.ts"\n`).join("") : null)
      }
    ]
  })
  const { output } = await bundle.generate({ format: "esm", minify: true, comments: false, codeSplitting: false })
  await bundle.close()
  const [chunk] = output
  return { code: chunk.code, imports: [...chunk.imports, ...chunk.dynamicImports], files: chunk.moduleIds }
}
