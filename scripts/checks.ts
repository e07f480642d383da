/** The static checks, shared by `npm run check` and CI. */
import type { Step } from "./steps.ts"

export const checks: ReadonlyArray<Step> = [
  { name: "types", command: ["tsc", "-p", "tsconfig.json"] },
  { name: "types of the verifier's page", command: ["tsc", "-p", "packages/proof/page"] },
  { name: "lint and format", command: ["biome", "ci", "--error-on-warnings", "--colors=off"] },
  { name: "import walls", command: ["node", "scripts/checkImports.ts"] },
  { name: "README snippets", command: ["node", "scripts/checkReadmes.ts"] },
  { name: "secrets", command: ["node", "scripts/scanSecrets.ts"] },
  { name: "links", command: ["node", "scripts/checkLinks.ts"] },
  { name: "contract compatibility", command: ["buf", "breaking", "proto", "--against", "proto/contract.binpb"] },
  { name: "generated code", command: ["node", "scripts/checkGenerated.ts"] }
]
