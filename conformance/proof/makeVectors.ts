/**
 * Makes `v1/{valid,invalid}/*.json`. Every run makes the same bytes; `--check` fails when the files on disk differ.
 *
 *     node --conditions=@farmops/source conformance/proof/makeVectors.ts [--check]
 */
import { makeVectorFiles } from "../vectorFiles.ts"
import { fieldVectors } from "./fieldVectors.ts"
import { invalidVectors } from "./invalidVectors.ts"
import { invalidRotations, validRotations } from "./rotationVectors.ts"
import { validVectors } from "./validVectors.ts"

makeVectorFiles("conformance/proof/v1", new URL("./v1/", import.meta.url), [
  ...validVectors,
  ...validRotations,
  ...invalidVectors,
  ...fieldVectors,
  ...invalidRotations
])
