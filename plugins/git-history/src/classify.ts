/** What kind of work a set of changed files is. Looks at paths only; what it answers is words from closed lists. */
import type { ActionType, Category } from "@farmops/plugin-sdk/contract/Verdict"

/** A kind of work and what it counts as. */
export interface Kind {
  /** A published subcategory. */
  readonly name: string
  readonly action: ActionType
  readonly category: Category
  /** How the kind is called in a description. */
  readonly words: string
}

interface PathKind extends Kind {
  readonly paths: ReadonlyArray<RegExp>
}

const security: PathKind = {
  name: "security",
  action: "fix",
  category: "security",
  words: "security policy and controls",
  paths: [
    /(^|\/)SECURITY(\.\w+)?$/i,
    /(^|\/)(security|rbac|policies|secrets?|certs?|auth)\//i,
    /(^|\/)(CODEOWNERS|\.gitleaks\.toml|\.trivyignore|\.snyk)$/
  ]
}

// Written by programs: their number of lines says nothing of the work.
const dependencies: PathKind = {
  name: "dependencies",
  action: "upgrade",
  category: "upgrade",
  words: "dependencies",
  paths: [
    /(^|\/)(package-lock\.json|npm-shrinkwrap\.json|yarn\.lock|pnpm-lock\.yaml|bun\.lockb?|deno\.lock)$/,
    /(^|\/)(Cargo\.lock|go\.sum|poetry\.lock|uv\.lock|Pipfile\.lock|Gemfile\.lock|composer\.lock|mix\.lock)$/,
    /(^|\/)(Chart\.lock|\.terraform\.lock\.hcl|flake\.lock|gradle\.lockfile|packages\.lock\.json)$/,
    /(^|\/)requirements[^/]*\.txt$/
  ]
}

const pipelines: PathKind = {
  name: "pipelines",
  action: "configure",
  category: "toil",
  words: "build and delivery pipelines",
  paths: [
    /(^|\/)\.(github|gitlab|gitea|forgejo|circleci|woodpecker|drone|buildkite|ci|husky)(\/|$)/,
    /(^|\/)(Jenkinsfile|Makefile|Taskfile\.ya?ml|justfile|\.gitlab-ci\.yml|azure-pipelines\.yml|\.travis\.yml)$/,
    /(^|\/)(renovate\.json5?|turbo\.json|\.pre-commit-config\.yaml)$/,
    /(^|\/)scripts?\//
  ]
}

const infrastructure: PathKind = {
  name: "infrastructure",
  action: "deploy",
  category: "reliability",
  words: "infrastructure",
  paths: [
    /\.(tf|tfvars|hcl|bicep|nix)$/,
    /(^|\/)(deploy|deployments?|k8s|kubernetes|kustomize|helm|charts|terraform|ansible|playbooks|infra|infrastructure|ops|monitoring|alerts?)\//i,
    /(^|\/)(Dockerfile[^/]*|Containerfile[^/]*|(docker-)?compose[^/]*\.ya?ml|Vagrantfile|Chart\.yaml)$/
  ]
}

const tests: PathKind = {
  name: "tests",
  action: "verify",
  category: "reliability",
  words: "tests",
  paths: [
    /(^|\/)(tests?|specs?|__tests__|e2e|bench|benchmarks|conformance|fixtures|testdata)\//i,
    /[._-](test|spec)s?\.[a-z]+$/i,
    /(^|\/)test_[^/]+\.py$/
  ]
}

const documentation: PathKind = {
  name: "documentation",
  action: "configure",
  category: "maintenance",
  words: "documentation",
  paths: [/\.(md|mdx|rst|adoc|txt)$/i, /(^|\/)(docs?|LICENSE|NOTICE|AUTHORS)(\/|$)/i]
}

const code: Kind = { name: "code", action: "fix", category: "maintenance", words: "application code" }

// A path is of the first kind that it fits, and of no other.
const pathKinds: ReadonlyArray<PathKind> = [security, dependencies, pipelines, infrastructure, tests, documentation]

// Where two kinds have the same number of files, the one that says more of the work; tests and documents come along with it.
const byWeight: ReadonlyArray<Kind> = [
  security,
  dependencies,
  infrastructure,
  pipelines,
  code,
  tests,
  documentation
].map(({ action, category, name, words }) => ({ name, action, category, words }))

/** Every kind there is. */
export const kinds: ReadonlyArray<Kind> = byWeight

const nameOf = (path: string): string =>
  (pathKinds.find(({ paths }) => paths.some((pattern) => pattern.test(path))) ?? code).name

/** Whether a program wrote the file, so that its lines are no measure of the work. */
export const isGenerated = (path: string): boolean => nameOf(path) === dependencies.name

/** The kind that most of the changed files are of; code where none is listed. */
export const kindOf = (paths: ReadonlyArray<string>): Kind => {
  if (paths.length === 0) return code
  const counts = new Map<string, number>()
  for (const path of paths) {
    const name = nameOf(path)
    counts.set(name, (counts.get(name) ?? 0) + 1)
  }
  const countOf = (kind: Kind): number => counts.get(kind.name) ?? 0
  return byWeight.reduce((most, kind) => (countOf(kind) > countOf(most) ? kind : most), byWeight[0] ?? code)
}
