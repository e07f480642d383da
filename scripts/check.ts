/** `npm run check`: what a machine can judge without running the code. */
import { checks } from "./checks.ts"
import { anyFailed, runSteps } from "./steps.ts"

process.exitCode = anyFailed(runSteps(checks)) ? 1 : 0
