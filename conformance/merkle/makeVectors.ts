/**
 * Makes `v1/{valid,invalid}/*.json`. Every run makes the same bytes; `--check` fails when the files on disk differ.
 *
 *     node --conditions=@farmops/source conformance/merkle/makeVectors.ts [--check]
 */
import { makeVectorFiles } from "../vectorFiles.ts"
import { consistencyVectors } from "./consistencyVectors.ts"
import { inclusionVectors } from "./inclusionVectors.ts"

makeVectorFiles("conformance/merkle/v1", new URL("./v1/", import.meta.url), [
  ...inclusionVectors,
  ...consistencyVectors
])
