/**
 * Who may import whom: the walls of the house, as data. ARCHITECTURE.md draws the same list, and checkImports.ts fails on
 * any edge that is not in it. A missing edge is a promise: an observation cannot reach the tracker, a key cannot reach a plugin.
 */

/** A part of the repository with walls around it. */
export interface Room {
  readonly name: string
  /** Path prefixes from the repository's root, each a folder or one file. The longest match wins: rooms lie inside rooms. */
  readonly paths: ReadonlyArray<string>
  /** Rooms it may import besides itself; `anything public` is every file that a package exports. */
  readonly may: ReadonlyArray<string>
  /** The one file that other rooms may import. */
  readonly door?: string
  /**
   * npm packages that nothing in the room may reach, not even through other modules. A last `*` matches any ending, and
   * Node's own modules are `node:*`.
   */
  readonly neverReaches?: ReadonlyArray<string>
  /** npm packages that no other room may import. */
  readonly alone?: ReadonlyArray<string>
}

export const anythingPublic = "anything public"

const proof = ["proof", "proof/vocabulary", "proof/verify"]

/** What checks a proof wherever it is: each of these runs in a browser. */
const browserModules = [
  ...["verify.ts", "parseProof.ts", "proofForm.ts", "serializeProof.ts", "keyRotation.ts", "strictEd25519.ts"],
  ...["NobleBackend.ts", "signedStatement.ts", "canonicalJson.ts", "hex.ts", "base64.ts", "fingerprint.ts"],
  ...["merkle.ts", "merkleHash.ts", "verifyMerkle.ts", "signedNote.ts", "checkpoint.ts", "proofBundle.ts"],
  ...["forkEvidence.ts", "auditChain.ts", "verifyFile.ts", "internal/file"],
  ...["archiveFile.ts", "archiveHeader.ts", "archiveChains.ts", "ledgerEvent.ts", "trackerRotation.ts"],
  ...["internal/jsonShape.ts", "internal/publicKey.ts", "internal/decodeUtf8.ts"]
]

const inNoBrowser = ["effect", "@effect/*", "sodium-native", "node:*"]

/** What hosts share. It knows nothing of farms, and imports nothing of ours but itself. */
const ground = ["core/config", "core/sql", "core/process", "core/http", "core/log", "core/host"]

const farm = ["core/scoring", "core/farm", "core/village", "core/api", "core/delivery"]

const sdk = [
  ...["plugin-sdk/contract", "plugin-sdk/author", "plugin-sdk/runtime", "plugin-sdk/sources"],
  "plugin-sdk/conformance"
]

const firstPartyPlugins = [
  "git-history",
  "git-pr-review",
  "k8s-pod-health",
  "k8s-resource-audit",
  "prometheus-alert-resolve"
]

const inCore = (names: ReadonlyArray<string>, may: ReadonlyArray<string>): ReadonlyArray<Room> =>
  names.map((name) => ({ name, paths: [name.replace("core/", "packages/core/src/")], may }))

const inSdk = (names: ReadonlyArray<string>, may: ReadonlyArray<string>): ReadonlyArray<Room> =>
  names.map((name) => ({ name, paths: [name.replace("plugin-sdk/", "packages/plugin-sdk/src/")], may }))

const host = (name: string, may: ReadonlyArray<string>): Room => ({
  name: `hosts/${name}`,
  paths: [`hosts/${name}/src`],
  door: `hosts/${name}/src/layer.ts`,
  may
})

export const rooms: ReadonlyArray<Room> = [
  { name: "proof", paths: ["packages/proof/src"], may: proof },
  { name: "proof/vocabulary", paths: ["packages/proof/src/vocabulary.ts"], may: [] },
  {
    // A browser loads it.
    name: "proof/verify",
    paths: browserModules.map((name) => `packages/proof/src/${name}`),
    may: proof,
    neverReaches: inNoBrowser
  },
  // The verifier as a page of its own.
  { name: "proof/page", paths: ["packages/proof/page"], may: ["proof/verify"], neverReaches: inNoBrowser },

  ...inCore(ground, ground),
  ...inCore(farm, [...farm, ...ground, "core/gen", ...proof]),
  ...inCore(["core/llm"], ground),
  ...inCore(["core/gen"], []),

  // A plugin's side of the contract: it can name neither a key nor the agent.
  ...inSdk(["plugin-sdk/contract"], ["plugin-sdk/gen", "proof/vocabulary"]),
  ...inSdk(["plugin-sdk/author"], ["plugin-sdk/gen", "plugin-sdk/contract", "proof/vocabulary"]),
  ...inSdk(
    ["plugin-sdk/runtime", "plugin-sdk/sources"],
    ["plugin-sdk/gen", "plugin-sdk/contract", ...proof, ...ground]
  ),
  ...inSdk(
    ["plugin-sdk/conformance"],
    ["plugin-sdk/gen", "plugin-sdk/contract", "plugin-sdk/runtime", ...proof, ...ground]
  ),
  ...inSdk(["plugin-sdk/gen"], []),
  { name: "plugins", paths: ["plugins"], may: ["plugin-sdk/contract", "plugin-sdk/author"] },
  { name: "plugins/host", paths: ["plugins/host"], may: ["plugins", ...sdk] },
  // A plugin's tests hold its verdicts against LeakGuard.
  ...firstPartyPlugins.map((name) => ({
    name: `plugins/${name}/test`,
    paths: [`plugins/${name}/test`],
    may: ["plugins", ...sdk]
  })),

  {
    name: "triage",
    paths: ["packages/triage/src"],
    may: ["triage/protocol", "core/llm", "core/delivery", ...proof, ...ground]
  },
  // What an agent in any process may name: neither the GitHub client nor the policy.
  { name: "triage/protocol", paths: ["packages/triage/src/protocol"], may: [] },
  { name: "triage/minds", paths: ["packages/triage/src/minds"], may: ["triage/protocol", "core/llm"] },
  {
    name: "triage/github",
    paths: ["packages/triage/src/github"],
    may: ["triage", "triage/protocol", ...proof, ...ground],
    alone: ["@octokit/*"]
  },
  { name: "runner", paths: ["packages/runner/src"], may: ["core/llm", "core/delivery", ...proof, ...ground] },
  {
    name: "agents",
    paths: ["agents"],
    may: ["triage/protocol", "triage/minds", "core/llm", "core/host", "core/http", "core/log"]
  },
  {
    name: "agents/issue-triage/test",
    paths: ["agents/issue-triage/test"],
    may: ["agents", "triage/protocol", "triage/minds", "core/llm"]
  },

  host("agent", [...sdk, ...proof, ...ground, "core/delivery"]),
  host("tracker", [...farm, ...ground, "core/llm", ...proof]),
  // Its tests speak to it as an agent does.
  {
    name: "hosts/tracker/test",
    paths: ["hosts/tracker/test"],
    may: ["hosts/tracker", "core/gen", ...farm, ...ground, "core/llm", ...proof]
  },
  host("village", [...farm, ...ground, "core/llm", ...proof]),
  host("harness", [
    "triage",
    "triage/protocol",
    "triage/minds",
    "triage/github",
    "runner",
    ...farm,
    ...ground,
    "core/llm",
    ...proof
  ]),
  host("cli", [
    "hosts/agent",
    "hosts/tracker",
    "hosts/village",
    "hosts/harness",
    "triage",
    "triage/protocol",
    "triage/minds",
    "runner",
    ...sdk,
    ...farm,
    ...ground,
    ...proof
  ]),

  ...["tests", "bench", "examples", "conformance", "scripts"].map((name) => ({
    name,
    paths: [name],
    may: [anythingPublic]
  }))
]
