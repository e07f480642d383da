/** What is mutated, what is left out, and why. */

/** Below this share of killed mutants the run fails. */
export const scoreMin = 90

export const sources = "packages/proof/src/**/*.ts"
export const tests = "packages/proof/test/**/*.test.ts"

/** Test files that cannot see a mutant, or that a mutant's presence breaks. */
export const testFilesLeftOut = [
  // Runs the programs of `conformance` for minutes; the sources meet the same vectors in Ed25519.test.ts and verify.test.ts.
  "packages/proof/test/conformance.test.ts",
  // Bundles the sources and runs the bundle elsewhere, or measures its size.
  "packages/proof/test/oldNode.test.ts",
  "packages/proof/test/verifierBundle.test.ts"
]
