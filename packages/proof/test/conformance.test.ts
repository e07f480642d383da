import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, assert, describe, it } from "@effect/vitest"
import { agent, chain } from "../../../conformance/proof/sampleProofs.ts"
import { checkpointFaultCodes } from "../src/checkpoint.ts"
import { forkFaultCodes } from "../src/forkEvidence.ts"
import { bundleFaultCodes } from "../src/proofBundle.ts"
import { trackerKeyFaultCodes } from "../src/trackerRotation.ts"
import { ask, run, script } from "./door.ts"
import { libraries as ed25519Libraries } from "./ed25519Libraries.ts"
import { sharedData } from "./sharedData.ts"
import { edgeVectors, type LedgerVector, ledgerVectors, proofVectors } from "./vectors.ts"

const layers = ed25519Libraries.map(({ name }) => name)
const singles = proofVectors.filter(({ proof }) => proof !== undefined)
const chains = proofVectors.filter(({ proofs }) => proofs !== undefined)
/** What is not a proof on its own: the kind, what its vectors state beside the code, and the codes that only it can give. */
const ledgerKinds = [
  ["merkle", [], ["bad_inclusion", "bad_consistency"]],
  ["checkpoint", ["size", "hash"], checkpointFaultCodes],
  ["keys", ["line", "from"], trackerKeyFaultCodes],
  ["bundle", ["part", "index", "hash"], bundleFaultCodes],
  ["fork", ["part", "record", "agent_id", "sequence"], forkFaultCodes]
] as const

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

  it.each(ledgerKinds.flatMap(([kind, states]) => layers.map((layer) => [kind, layer, states] as const)))(
    "gives the committed verdict on every %s vector with the %s layer",
    (kind, layer, states) => {
      const vectors = ledgerVectors(kind)
      ask([kind, "--layer", layer], vectors).forEach((answer, at) => {
        const vector: LedgerVector | undefined = vectors[at]
        const expected = states.map((name) => vector?.[name])
        const stated = states.map((name) => answer[name])
        assert.deepStrictEqual([answer.ok, ...stated], [vector?.verdict === "valid", ...expected], vector?.name)
        assert.strictEqual(answer.code ?? null, vector?.code, vector?.name)
      })
    }
  )

  it.each(ledgerKinds)("has %s vectors for both verdicts and for every code of theirs", (kind, _, codes) => {
    const found = new Set(ledgerVectors(kind).map(({ code }) => code))
    for (const code of [null, ...codes]) assert.isTrue(found.has(code), `${code}`)
  })

  it("says when good evidence is against another key, and when a checkpoint is to follow what is none", () => {
    const evidence = ledgerVectors("fork").find(({ verdict }) => verdict === "valid")
    const checkpoint = ledgerVectors("checkpoint").find(({ before, verdict }) => before === null && verdict === "valid")
    assert.deepInclude(ask(["fork"], [{ ...evidence, public_key: "00".repeat(32) }])[0], {
      ok: false,
      code: "other_key"
    })
    for (const answer of ask(
      ["checkpoint"],
      [
        { ...checkpoint, before: "no note" },
        { ...checkpoint, before: 1 }
      ]
    )) {
      assert.deepInclude(answer, { ok: false, code: "bad_request" })
    }
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

  const merkle = sharedData("vectors/merkle/testdata")
  it.skipIf(merkle === null)("gives transparency-dev's verdict on each of its proofs", () => {
    for (const kind of ["inclusion", "consistency"]) {
      const directory = join(merkle ?? "", kind)
      const names = readdirSync(directory, { recursive: true, encoding: "utf8" }).filter((name) =>
        name.endsWith(".json")
      )
      const vectors = names.map((name) => JSON.parse(readFileSync(join(directory, name), "utf8")))
      const answers = ask(
        ["merkle"],
        vectors.map((vector) => ({ kind, ...vector }))
      )
      for (const [at, answer] of answers.entries()) {
        const expected = vectors[at].wantErr ? { ok: false, code: `bad_${kind}` } : { ok: true }
        assert.deepStrictEqual(answer, expected, names[at])
      }
    }
  })

  it("asks for numbers and base64 in a proof over a tree", () => {
    const hash = Buffer.alloc(32, 7).toString("base64")
    const inclusion = { kind: "inclusion", leafIdx: 0, treeSize: 1, leafHash: hash, root: hash, proof: null }
    const consistency = { kind: "consistency", size1: 1, size2: 1, root1: hash, root2: hash, proof: [] }
    const broken = [
      { ...inclusion, kind: "subtree" },
      { ...inclusion, leafIdx: "0" },
      { ...inclusion, root: `${hash}=` },
      { ...inclusion, proof: {} },
      { ...inclusion, proof: [hash, null] },
      { ...consistency, size2: undefined },
      { ...consistency, root1: Buffer.alloc(32).toString("hex").slice(1) }
    ]
    const answers = ask(["merkle"], [inclusion, consistency, ...broken])
    assert.deepStrictEqual(answers.slice(0, 2), [{ ok: true }, { ok: true }])
    for (const answer of answers.slice(2)) assert.deepInclude(answer, { ok: false, code: "bad_request" })
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

  it.each(["ed25519", "canonical", "proof", "chain", "merkle", "checkpoint", "keys", "bundle", "fork"])(
    "answers every bad line of kind %s and goes on",
    (kind) => {
      const lines = [
        "",
        "hello",
        "[]",
        "null",
        "1",
        "{}",
        '{"json":1,"proof":[],"proofs":[1],"public_key":2}',
        "{",
        "\r"
      ]
      for (const answer of ask([kind], lines)) assert.deepInclude(answer, { ok: false, code: "bad_request" })
      const broken = Buffer.concat([Buffer.from([0x22, 0xff, 0x22, 0x0a]), Buffer.from('{"last":"without a newline"}')])
      const { status, stdout } = run(...script("conformance/main.ts", kind), broken)
      assert.strictEqual(status, 0)
      assert.lengthOf(stdout.match(/"bad_request"/g) ?? [], 2)
    }
  )

  it.each([[["leaf"]], [[]], [["proof", "chain"]], [["proof", "--layer", "openssl"]], [["proof", "--deep"]]])(
    "stops with 64 and one line on %j",
    (args) => {
      const { status, stderr, stdout } = run(...script("conformance/main.ts", ...args))
      assert.deepStrictEqual([status, stdout, stderr.trimEnd().split("\n").length], [64, "", 1])
    }
  )

  it.each(["ed25519", "proof", "merkle", "checkpoint", "keys", "bundle", "fork"])(
    "reads vectors that conformance/%s/makeVectors.ts still makes",
    (set) => {
      const { status, stderr } = run(...script(`conformance/${set}/makeVectors.ts`, "--check"))
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

const ledgerCounts = Object.fromEntries(ledgerKinds.map(([kind]) => [kind, ledgerVectors(kind).length]))
// The program of OpenSSL 3.0 verifies nothing over an empty message, and one edge case is that.
const edgeCount = { ed25519: edgeVectors.length }

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
    const sets = { proof: proofVectors.length, ...ledgerCounts, ...(options.length === 0 ? edgeCount : {}) }
    for (const [set, count] of Object.entries(sets)) {
      const { status, stdout } = run("python3", [verifier, "--vectors", `conformance/${set}/v1`, ...options])
      assert.strictEqual(stdout, `ok: ${count} vectors, 0 disagree\n`)
      assert.strictEqual(status, 0)
    }
  })

  it.skipIf(!present)("accepts an exported chain with or without a last newline", () => {
    for (const end of ["", "\n"]) {
      const { status, stdout } = verify(lines.join("\n") + end)
      assert.match(stdout, /^ok: 4 proofs, head [0-9a-f]{64}\n$/)
      assert.strictEqual(status, 0)
    }
  })

  it.skipIf(!present)("checks an exported proof and fork evidence from a file, and says what it did not check", () => {
    const bundles = ledgerVectors("bundle").filter(({ verdict }) => verdict === "valid")
    const bundle = bundles.find(({ rotations }) => rotations === undefined)
    const [fork] = ledgerVectors("fork").filter(({ verdict }) => verdict === "valid")
    const check = (text: unknown, ...args: ReadonlyArray<string>) => {
      writeFileSync(file, `${text}`)
      const { status, stdout } = run("python3", [verifier, ...args, ...options])
      assert.strictEqual(status, stdout.startsWith("ok: ") ? 0 : 1)
      return stdout
    }
    const trackerKey = ["--tracker-key", `${bundle?.tracker_key}`]
    assert.include(check(bundle?.bundle, "--bundle", file, ...trackerKey, "--key", agent.publicKey), `${bundle?.hash}`)
    assert.match(check(bundle?.bundle, "--bundle", file, ...trackerKey), /; not checked: .*the record's signature/)
    assert.match(check(`${bundle?.bundle}x`, "--bundle", file, ...trackerKey), /^bad: checkpoint: bad_note/)
    const rotated = bundles.find(({ name }) => name === "after-a-rotation-known-by-the-old-key")
    const oldKey = ["--tracker-key", `${rotated?.tracker_key}`]
    writeFileSync(`${file}.keys`, `${[rotated?.rotations].flat().join("\n")}\n`)
    assert.match(check(rotated?.bundle, "--bundle", file, ...oldKey), /^bad: checkpoint: unsigned/)
    assert.include(
      check(rotated?.bundle, "--bundle", file, ...oldKey, "--tracker-rotations", `${file}.keys`),
      `${rotated?.hash}`
    )
    assert.match(check(`${fork?.evidence}\n`, "--fork", file, "--key", agent.publicKey), /^ok: the key \w+ signed two/)
    assert.match(check(fork?.evidence, "--fork", file, "--key", "00".repeat(32)), /^bad: other_key/)
    assert.match(check("{}", "--fork", file), /^bad: bad_evidence/)
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
