import { spawnSync } from "node:child_process"
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, assert, describe, it } from "@effect/vitest"
import { agent, chain } from "../../../conformance/proof/sampleProofs.ts"
import { sharedData } from "./sharedData.ts"
import { edgeVectors, proofVectors, repositoryRoot, vectorsDirectory } from "./vectors.ts"

const run = (command: string, args: ReadonlyArray<string>, input: string | Uint8Array = "") => {
  const { error, status, stderr, stdout } = spawnSync(command, args, { cwd: repositoryRoot, input, encoding: "utf8" })
  return { missing: error !== undefined, status, stderr, stdout }
}
const script = (...args: ReadonlyArray<string>) =>
  [process.execPath, ["--conditions=@farmops/source", ...args]] as const

/** Sends lines through the door and gives the verdicts back. */
const ask = (args: ReadonlyArray<string>, lines: ReadonlyArray<unknown>) => {
  const text = lines.map((line) => `${typeof line === "string" ? line : JSON.stringify(line)}\n`).join("")
  const { status, stderr, stdout } = run(...script("conformance/main.ts", ...args), text)
  assert.strictEqual(status, 0, stderr)
  const answers: ReadonlyArray<Record<string, unknown>> = stdout
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line))
  assert.lengthOf(answers, lines.length)
  return answers
}

const layers = ["node", "noble"] as const
const singles = proofVectors.filter(({ proof }) => proof !== undefined)
const chains = proofVectors.filter(({ proofs }) => proofs !== undefined)

describe("the conformance door", () => {
  it.each(layers)("gives the committed verdict on every vector with the %s layer", (layer) => {
    ask(["proof", "--layer", layer], singles).forEach((answer, at) => {
      assert.deepStrictEqual([answer.code ?? null, answer.hash], [singles[at]?.code, singles[at]?.hash])
    })
    ask(["--layer", layer, "chain"], chains).forEach((answer, at) => {
      assert.deepStrictEqual([answer.code ?? null, answer.line], [chains[at]?.code, chains[at]?.line])
    })
    ask(["ed25519", `--layer=${layer}`], edgeVectors).forEach((answer, at) => {
      assert.strictEqual(answer.ok, edgeVectors[at]?.verdict === "valid", edgeVectors[at]?.name)
    })
  })

  const rfc8785 = sharedData("vectors/rfc8785")
  it.skipIf(rfc8785 === null)("writes the canonical form of the test data of RFC 8785", () => {
    const [input, output] = [join(rfc8785 ?? "", "input"), join(rfc8785 ?? "", "output")]
    const names = readdirSync(input)
    const answers = ask(
      ["canonical"],
      names.map((name) => ({ json: readFileSync(join(input, name), "utf8") }))
    )
    for (const [at, name] of names.entries()) {
      assert.deepStrictEqual(answers[at], { ok: true, canonical: readFileSync(join(output, name), "utf8") })
    }
  })

  it("refuses what has no canonical form, and survives deep nesting", () => {
    const deep = "[".repeat(100_000) + "]".repeat(100_000)
    const texts = ['{"a":1,"a":1}', '"\\ud800"', "{", "1e999", deep]
    const answers = ask(
      ["canonical"],
      texts.map((json) => ({ json }))
    )
    assert.deepStrictEqual(
      answers.map(({ code }) => code),
      ["duplicate_key", "lone_surrogate", "not_json", "number_out_of_range", undefined]
    )
    assert.strictEqual(answers[4]?.canonical, deep)
  })

  it.each(["ed25519", "canonical", "proof", "chain"])("answers every bad line of kind %s and goes on", (kind) => {
    const lines = ["", "hello", "[]", "null", "1", "{}", '{"json":1,"proof":[],"proofs":[1],"public_key":2}', "{", "\r"]
    for (const answer of ask([kind], lines)) assert.deepInclude(answer, { ok: false, code: "bad_request" })
    const broken = Buffer.concat([Buffer.from([0x22, 0xff, 0x22, 0x0a]), Buffer.from('{"last":"without a newline"}')])
    const { status, stdout } = run(...script("conformance/main.ts", kind), broken)
    assert.strictEqual(status, 0)
    assert.lengthOf(stdout.match(/"bad_request"/g) ?? [], 2)
  })

  it.each([[["merkle"]], [[]], [["proof", "chain"]], [["proof", "--layer", "sodium"]], [["proof", "--deep"]]])(
    "stops with 64 and one line on %j",
    (args) => {
      const { status, stderr, stdout } = run(...script("conformance/main.ts", ...args))
      assert.deepStrictEqual([status, stdout, stderr.trimEnd().split("\n").length], [64, "", 1])
    }
  )

  it.each(["conformance/proof/makeVectors.ts", "conformance/ed25519/makeVectors.ts"])(
    "reads vectors that %s still makes",
    (generator) => {
      const { status, stderr } = run(...script(generator, "--check"))
      assert.strictEqual(status, 0, stderr)
    }
  )
})

const verifier = "conformance/proof/verify.py"
const python = run("python3", ["--version"])
const openssl = run("openssl", ["version"])
const hasCryptography = !python.missing && run("python3", ["-c", "import cryptography"]).status === 0
if (python.missing) console.warn("SKIPPED: no python3; install it with: apt-get install python3")
if (openssl.missing) console.warn("SKIPPED: no openssl; install it with: apt-get install openssl")
if (!hasCryptography) console.warn("SKIPPED: no cryptography for Python; install it with: pip install cryptography")

const libraries = [
  ["cryptography", [], hasCryptography],
  ["openssl", ["--openssl"], !python.missing && !openssl.missing]
] as const

describe.each(libraries)("the independent verifier in Python, with %s", (_, options, present) => {
  const directory = mkdtempSync(join(tmpdir(), "farmops-verify-"))
  afterAll(() => rmSync(directory, { recursive: true }))
  const file = join(directory, "chain.jsonl")
  const lines = chain(4).map(({ text }) => text)
  const verify = (text: string, key = agent.publicKey) => {
    writeFileSync(file, text)
    return run("python3", [verifier, file, "--key", key, ...options])
  }

  it.skipIf(!present)("agrees with us on every vector, to the code and the hash", () => {
    const { status, stdout } = run("python3", [verifier, "--vectors", vectorsDirectory, ...options])
    assert.strictEqual(stdout, `ok: ${proofVectors.length} vectors, 0 disagree\n`)
    assert.strictEqual(status, 0)
  })

  it.skipIf(!present)("accepts an exported chain with or without a last newline", () => {
    for (const end of ["", "\n"]) {
      const { status, stdout } = verify(lines.join("\n") + end)
      assert.match(stdout, /^ok: 4 proofs, head [0-9a-f]{64}\n$/)
      assert.strictEqual(status, 0)
    }
  })

  it.skipIf(!present)("names the first bad line and why", () => {
    const edited = lines.with(2, (lines[2] ?? "").replace("52 pods", "53 pods"))
    for (const [text, expected] of [
      [edited.join("\n"), "bad: line 3: bad_signature"],
      [lines.toSpliced(1, 1).join("\n"), "bad: line 2: wrong_sequence"],
      [lines.join("\r\n"), "bad: line 1: not_canonical"],
      [lines.join("\n\n"), "bad: line 2: not_json"]
    ] as const) {
      const { status, stdout } = verify(text)
      assert.isTrue(stdout.startsWith(expected), stdout)
      assert.strictEqual(status, 1)
    }
    assert.match(verify(lines.join("\n"), "00".repeat(32)).stdout, /^bad: line 1: bad_key/)
  })
})
