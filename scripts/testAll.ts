/** `npm run test:all`: every tier, one after another, and at the end one line for each: ran, or why it could not. */
import { anyFailed, runSteps } from "./steps.ts"
import { tiers } from "./tiers.ts"

process.exitCode = anyFailed(
  runSteps([tiers.quick, tiers.programs, tiers.service, tiers.kubernetes, tiers.browser, tiers.long])
)
  ? 1
  : 0
