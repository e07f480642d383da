import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import { isGenerated, kindOf, kinds } from "../src/classify.ts"

const examples: Readonly<Record<string, ReadonlyArray<string>>> = {
  security: ["SECURITY.md", ".github/CODEOWNERS", "k8s/rbac/viewer.yaml", "src/auth/login.ts", ".gitleaks.toml"],
  dependencies: ["package-lock.json", "app/go.sum", "Cargo.lock", "requirements-dev.txt", ".terraform.lock.hcl"],
  infrastructure: [
    "terraform/main.tf",
    "main.tf",
    "deploy/app.yaml",
    "Dockerfile",
    "docker-compose.prod.yml",
    "flake.nix"
  ],
  pipelines: [".github/workflows/ci.yml", ".gitlab-ci.yml", "Jenkinsfile", "scripts/release.sh", "Makefile"],
  tests: ["test/a.ts", "src/a.test.ts", "pkg/a_test.go", "test_a.py", "e2e/page.ts"],
  documentation: ["README.md", "docs/picture.png", "LICENSE", "guide.rst"],
  code: ["src/main.ts", "contest/latest.ts", "a\nb.ts", "", "protest.go", "documents.ts", "src/testing.ts"]
}

describe("kindOf", () => {
  for (const [kind, paths] of Object.entries(examples)) {
    it(`tells ${kind} by its paths`, () => {
      for (const path of paths) assert.strictEqual(kindOf([path]).name, kind, path)
    })
  }

  it("goes by the most files, and between as many by what says more of the work", () => {
    assert.strictEqual(kindOf(["a.ts", "b.ts", "SECURITY.md"]).name, "code")
    assert.strictEqual(kindOf(["a.ts", "a.test.ts", "README.md"]).name, "code")
    assert.strictEqual(kindOf(["a.test.ts", "README.md"]).name, "tests")
    assert.strictEqual(kindOf(["a.ts", "SECURITY.md"]).name, "security")
    assert.strictEqual(kindOf(["package.json", "package-lock.json"]).name, "dependencies")
  })

  it("takes no credit for a change of which no file is listed", () => {
    assert.strictEqual(kindOf([]).name, "code")
  })

  it.prop("answers one of its kinds for any paths", { paths: Schema.Array(Schema.String) }, ({ paths }) => {
    assert.include(
      kinds.map(({ name }) => name),
      kindOf(paths).name
    )
  })

  it("calls generated what a program wrote, and nothing that a person did", () => {
    assert.isTrue(isGenerated("web/yarn.lock"))
    assert.isFalse(isGenerated("package.json"))
    assert.isFalse(isGenerated("src/yarn.lock.ts"))
  })
})
