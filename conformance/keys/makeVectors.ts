/**
 * Makes `v1/{valid,invalid}/*.json`. Every run makes the same bytes; `--check` fails when the files on disk differ.
 *
 *     node --conditions=@farmops/source conformance/keys/makeVectors.ts [--check]
 */
import { makeVectorFiles } from "../vectorFiles.ts"
import { invalidVectors } from "./invalidVectors.ts"
import { validVectors } from "./validVectors.ts"

makeVectorFiles("conformance/keys/v1", new URL("./v1/", import.meta.url), [...validVectors, ...invalidVectors])
