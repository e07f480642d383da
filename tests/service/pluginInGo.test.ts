import { spawnSync } from "node:child_process"
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"

const debianPackages = "/usr/share/gocode/src/google.golang.org/grpc"
const missing = !existsSync("/usr/bin/go") || !existsSync(debianPackages)
if (missing) console.warn("skipped: apt-get install -y golang-go golang-google-grpc-dev golang-google-protobuf-dev")

const farmops = fileURLToPath(new URL("../../hosts/cli/bin/farmops.js", import.meta.url))

// Debian's gRPC marshals through a protobuf module that is older than the template's generated code; a newer one needs none of this.
const codec = `package main

import (
	"google.golang.org/grpc/encoding"
	"google.golang.org/protobuf/proto"
)

type codec struct{}

func (codec) Name() string { return "proto" }

func (codec) Marshal(message interface{}) ([]byte, error) { return proto.Marshal(message.(proto.Message)) }

func (codec) Unmarshal(data []byte, message interface{}) error {
	return proto.Unmarshal(data, message.(proto.Message))
}

func init() { encoding.RegisterCodec(codec{}) }
`

// A cold compiler on a busy machine.
const compileMsMax = 10 * 60_000

describe.skipIf(missing)("the Go project that `plugin new` makes", () => {
  let cwd: string
  let project: string
  beforeAll(() => {
    cwd = mkdtempSync(join(tmpdir(), "farmops-go-"))
    const parent = join(cwd, "gopath/src/acme")
    mkdirSync(parent, { recursive: true })
    project = join(parent, "go-check")
    run(
      process.execPath,
      ["--conditions=@farmops/source", farmops, "plugin", "new", "acme/go-check", "--lang", "go"],
      parent
    )
  })
  afterAll(() => rmSync(cwd, { recursive: true, force: true }))

  const run = (command: string, args: ReadonlyArray<string>, folder: string) => {
    const go = {
      GO111MODULE: "off",
      GOFLAGS: "",
      GOPATH: `${cwd}/gopath:/usr/share/gocode`,
      GOCACHE: join(cwd, "cache")
    }
    const env = { ...process.env, ...go, NODE_OPTIONS: "" }
    const ran = spawnSync(command, [...args], { cwd: folder, encoding: "utf8", timeout: compileMsMax, env })
    assert.strictEqual(ran.status, 0, `${ran.stdout}${ran.stderr}`)
    return ran.stdout
  }

  it(
    "passes its own tests and the conformance kit",
    () => {
      run("go", ["test", "./..."], project)
      writeFileSync(join(project, "codec.go"), codec)
      run("go", ["build", "-o", "go-check", "."], project)
      const report = JSON.parse(
        run(
          process.execPath,
          [
            "--conditions=@farmops/source",
            farmops,
            "--json",
            "plugin",
            "test",
            "--golden",
            "golden",
            "--",
            "./go-check"
          ],
          project
        )
      )
      assert.strictEqual(report.failed, 0)
      assert.deepInclude(report.plugin, { id: "acme/go-check" })
      assert.isAtLeast(report.passed, 10)
    },
    2 * compileMsMax
  )
})
