import { describe, expect, it } from "vitest"
import { findFaults, readHouse } from "./checkImports.ts"
import { rooms } from "./importEdges.ts"
import { importsOf, type Manifest } from "./importGraph.ts"

const manifest = (name: string, folder: string, dependencies: ReadonlyArray<string> = []): Manifest => ({
  name,
  folder,
  exports: { "./internal/*": null, "./*": { "@farmops/source": "./src/*.ts", default: "./dist/*.js" } },
  dependencies: new Set(dependencies),
  devDependencies: new Set()
})

const manifests = [
  manifest("farmops", ""),
  manifest("@farmops/proof", "packages/proof", ["effect", "@noble/ed25519"]),
  manifest("@farmops/core", "packages/core", ["effect", "@farmops/proof", "@octokit/core"]),
  manifest("@farmops/plugin-sdk", "packages/plugin-sdk", ["effect", "@farmops/proof", "@farmops/core"]),
  manifest("@farmops/plugin-x", "plugins/x", ["@farmops/plugin-sdk", "@farmops/proof"]),
  manifest("@farmops/tracker", "hosts/tracker", ["@farmops/core", "@farmops/plugin-sdk"]),
  manifest("@farmops/cli", "hosts/cli", ["@farmops/tracker"])
]

const faultsOf = (sources: Readonly<Record<string, string>>) =>
  findFaults({ files: new Map(Object.entries(sources)), manifests, rooms })

describe("import walls", () => {
  it("are kept by the repository itself", () => {
    expect(findFaults(readHouse())).toEqual([])
  })

  it("let a plugin use the author's side of the contract", () => {
    expect(
      faultsOf({ "plugins/x/src/main.ts": `import { definePlugin } from "@farmops/plugin-sdk/author/definePlugin"` })
    ).toEqual([])
  })

  it("refuse a plugin that names a key", () => {
    expect(faultsOf({ "plugins/x/src/main.ts": `import { AgentKey } from "@farmops/proof/AgentKey"` })).toEqual([
      "plugins/x/src/main.ts:1: plugins may not import proof (@farmops/proof/AgentKey)"
    ])
  })

  it("refuse a tracker that names an observation, even as a type and even lazily", () => {
    const name = "@farmops/plugin-sdk/contract/Observation"
    for (const source of [
      `import type { Observation } from "${name}"`,
      `export * from "${name}"`,
      `const module = await import("${name}")`,
      `type Observation = import("${name}").Observation`
    ]) {
      expect(faultsOf({ "hosts/tracker/src/layer.ts": source })).toEqual([
        `hosts/tracker/src/layer.ts:1: hosts/tracker may not import plugin-sdk/contract (${name})`
      ])
    }
  })

  it("refuse a computed import", () => {
    expect(faultsOf({ "hosts/tracker/src/layer.ts": `const name = "a"\nawait import(name)` })).toEqual([
      "hosts/tracker/src/layer.ts:2: imports a computed name, which no list can allow"
    ])
  })

  it("refuse Effect in what a browser loads, through any number of modules", () => {
    expect(
      faultsOf({
        "packages/proof/src/verify.ts": `import { fields } from "./fields.ts"`,
        "packages/proof/src/fields.ts": `import type { Schema } from "effect"`
      })
    ).toEqual([
      "packages/proof/src/fields.ts:1: imports effect, and packages/proof/src/verify.ts (proof/verify) reaches it"
    ])
  })

  it("refuse one of Node's own modules in what a browser loads, under either name", () => {
    for (const name of ["node:crypto", "crypto"]) {
      expect(faultsOf({ "packages/proof/src/verifyFile.ts": `import { verify } from "${name}"` })).toEqual([
        "packages/proof/src/verifyFile.ts:1: imports node:crypto, and packages/proof/src/verifyFile.ts (proof/verify) reaches it"
      ])
    }
  })

  it("refuse a page that reaches around the verifier", () => {
    expect(faultsOf({ "packages/proof/page/main.ts": `import "../src/AgentKey.ts"` })).toEqual([
      "packages/proof/page/main.ts:1: proof/page may not import proof (../src/AgentKey.ts)"
    ])
  })

  it("refuse a cycle between modules, also one of types alone", () => {
    expect(
      faultsOf({
        "packages/proof/src/A.ts": `import type { B } from "./B.ts"`,
        "packages/proof/src/B.ts": `import type { A } from "./A.ts"`
      })
    ).toEqual([
      "packages/proof/src/A.ts:1: cycle packages/proof/src/A.ts → packages/proof/src/B.ts → packages/proof/src/A.ts"
    ])
  })

  it("refuse a relative import that leaves its package", () => {
    expect(faultsOf({ "packages/core/src/farm/Farm.ts": `import "../../../proof/src/verify.ts"` })).toEqual([
      "packages/core/src/farm/Farm.ts:1: ../../../proof/src/verify.ts leaves its package; import it by the package's name"
    ])
  })

  it("refuse a dependency that package.json does not name", () => {
    expect(faultsOf({ "packages/proof/src/Log.ts": `import "yaml"` })).toEqual([
      "packages/proof/src/Log.ts:1: yaml is not a dependency of @farmops/proof"
    ])
  })

  it("refuse a module that its package does not export", () => {
    expect(faultsOf({ "tests/quick/x.test.ts": `import "@farmops/proof/internal/bytes"` })).toEqual([
      "tests/quick/x.test.ts:1: @farmops/proof/internal/bytes is not exported by @farmops/proof"
    ])
  })

  it("let others into a host through its layer alone", () => {
    expect(faultsOf({ "hosts/cli/src/up.ts": `import "@farmops/tracker/layer"` })).toEqual([])
    expect(faultsOf({ "hosts/cli/src/up.ts": `import "@farmops/tracker/main"` })).toEqual([
      "hosts/cli/src/up.ts:1: only hosts/tracker/src/layer.ts of hosts/tracker may be imported (@farmops/tracker/main)"
    ])
  })

  it("keep the GitHub client in one room", () => {
    expect(faultsOf({ "packages/core/src/http/get.ts": `import "@octokit/core"` })).toEqual([
      "packages/core/src/http/get.ts:1: only triage/github may import @octokit/core"
    ])
  })

  it("refuse a source file in no room", () => {
    expect(faultsOf({ "packages/core/src/utils.ts": "export const x = 1" })).toEqual([
      "packages/core/src/utils.ts:1: lies in no room of importEdges.ts"
    ])
  })

  it("let a package's tests use what its rooms may, and no more", () => {
    expect(
      faultsOf({ "packages/core/test/Farm.test.ts": `import "@farmops/proof/FarmProof"\nimport "../src/farm/Farm.ts"` })
    ).toEqual([])
    expect(faultsOf({ "packages/proof/test/Farm.test.ts": `import "@farmops/core/farm/Farm"` })).toEqual([
      "packages/proof/test/Farm.test.ts:1: @farmops/core is not a dependency of @farmops/proof"
    ])
  })
})

describe("importsOf", () => {
  it("finds no import in comments, strings and exports without a source", () => {
    expect(importsOf(`// import "a"\nconst text = 'import "b"'\nexport { text }\nimport.meta.url`)).toEqual([])
  })
})
