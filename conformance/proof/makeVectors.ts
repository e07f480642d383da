/**
 * Makes `v1/{valid,invalid}/*.json`. Every run makes the same bytes; `--check` fails when the files on disk differ.
 *
 *     node --conditions=@farmops/source conformance/proof/makeVectors.ts [--check]
 */
import { fileURLToPath } from "node:url"
import { reportVectorFiles, syncVectorFiles } from "../vectorFiles.ts"
import { invalidVectors } from "./invalidVectors.ts"
import { validVectors } from "./validVectors.ts"

const check = process.argv.includes("--check")
const differed: Array<string> = []
for (const [verdict, vectors] of [
  ["valid", validVectors],
  ["invalid", invalidVectors]
] as const) {
  const files = new Map(
    vectors.map((vector) => [`${vector.name}.json`, `${JSON.stringify({ ...vector, verdict }, null, 2)}\n`])
  )
  if (files.size !== vectors.length) throw new Error("two vectors have the same name")
  const directory = fileURLToPath(new URL(`./v1/${verdict}/`, import.meta.url))
  differed.push(...syncVectorFiles(directory, files, check).map((name) => `${verdict}/${name}`))
}
reportVectorFiles("conformance/proof/v1", validVectors.length + invalidVectors.length, differed, check)
