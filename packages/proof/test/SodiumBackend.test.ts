import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { pathToFileURL } from "node:url"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Logger, References } from "effect"
import { Ed25519 } from "../src/Ed25519.ts"
import * as Ed25519Fastest from "../src/Ed25519Fastest.ts"
import * as Ed25519Sodium from "../src/Ed25519Sodium.ts"
import { loadSodium } from "../src/loadSodium.ts"
import { findSodium } from "../src/SodiumBackend.ts"

/** A program in whose folder a package of the name `sodium-native` is what `source` makes it. */
const programWith = <A>(source: string, use: (program: URL) => A): A => {
  const root = mkdtempSync(join(tmpdir(), "farmops-sodium-"))
  try {
    const folder = join(root, "node_modules", "sodium-native")
    mkdirSync(folder, { recursive: true })
    writeFileSync(join(folder, "index.js"), source)
    return use(pathToFileURL(join(root, "program.js")))
  } finally {
    rmSync(root, { recursive: true, force: true })
  }
}

const three = ["crypto_sign_seed_keypair", "crypto_sign_detached", "crypto_sign_verify_detached"]
const without = (name: string): string =>
  three.map((each) => `exports.${each} = ${each === name ? "1" : "() => true"}`).join(";")
const nowhere = "file:///no/such/folder/program.js"
const lacksOne = { ok: false, reason: "not_loadable", detail: "it lacks a function that 5.1.0 has" } as const

describe("a package called sodium-native", () => {
  it("is taken with its three functions", () => {
    assert.isTrue(programWith(without("none of them"), findSodium).ok)
  })

  it.each(three)("is not taken without %s", (name) => {
    assert.deepStrictEqual(programWith(without(name), findSodium), lacksOne)
  })

  it.each(["null", "undefined", "7", "() => 1"])("is not taken when it is %s", (exported) => {
    assert.deepStrictEqual(programWith(`module.exports = ${exported}`, findSodium), lacksOne)
  })

  it("is broken, and not absent, when loading it fails", () => {
    const thrown = (source: string) => programWith(source, findSodium)
    assert.deepStrictEqual(thrown('throw new Error("no binary")'), {
      ok: false,
      reason: "not_loadable",
      detail: "no binary"
    })
    const coded = 'throw Object.assign(new Error("old"), { code: "ERR_DLOPEN_FAILED" })'
    assert.deepInclude(thrown(coded), { reason: "not_loadable", detail: "old" })
    const alike = 'throw { code: "MODULE_NOT_FOUND" }'
    assert.deepStrictEqual(thrown(alike), { ok: false, reason: "not_loadable", detail: "it threw no error" })
    assert.deepInclude(findSodium(nowhere), { ok: false, reason: "not_installed" })
  })

  it("is told apart by what to do: install it, or install it again", () => {
    const faultFrom = (from: string | URL) => Effect.runSync(Effect.flip(loadSodium(from)))
    const broken = programWith('throw new Error("no binary")', faultFrom)
    assert.deepInclude(broken, { _tag: "SodiumUnavailable", reason: "not_loadable", detail: "no binary" })
    assert.match(broken.message, /is installed but cannot be loaded; install it again with: npm install/)
    const absent = faultFrom(nowhere)
    assert.deepInclude(absent, { reason: "not_installed" })
    assert.match(absent.message, /is not installed; install it with: npm install sodium-native@\d/)
  })
})

/** The name of the library that the fastest layer takes, and what it logged at which level. */
const fastestFrom = (from: string | URL) =>
  Effect.gen(function* () {
    const logged: Array<string> = []
    const logger = Logger.make(({ logLevel, message }) => {
      logged.push(`${logLevel} ${String(message)}`)
    })
    const { name } = yield* Ed25519.pipe(
      Effect.provide(Ed25519Fastest.layerFrom(from).pipe(Layer.provide(Logger.layer([logger])))),
      Effect.provideService(References.MinimumLogLevel, "Debug")
    )
    return { name, logged }
  })

describe("the fastest layer", () => {
  it.effect("takes node:crypto where libsodium is absent, and says so to whoever looks closely", () =>
    Effect.gen(function* () {
      const { logged, name } = yield* fastestFrom(nowhere)
      assert.strictEqual(name, "node")
      assert.match(logged.join("\n"), /^Debug Ed25519 by node:crypto: sodium-native is not installed/)
    })
  )

  it("takes node:crypto where libsodium is broken, and warns", () => {
    const { logged, name } = programWith('throw new Error("no binary")', (from) => Effect.runSync(fastestFrom(from)))
    assert.strictEqual(name, "node")
    assert.match(logged.join("\n"), /^Warn Ed25519 by node:crypto: sodium-native is installed but cannot be loaded/)
  })
})

describe("the layer of libsodium", () => {
  it.effect("gives away no memory of its own: whoever writes into a public key spoils only a copy", (context) =>
    Effect.gen(function* () {
      if (!findSodium().ok) return context.skip("no sodium-native; npm install brings it where it has a binary")
      const { generateSeed, publicKey, sign, verify } = yield* Ed25519
      const seed = yield* generateSeed
      const key = publicKey(seed)
      const before = key.slice()
      key.fill(0)
      assert.deepStrictEqual(publicKey(seed), before)
      const message = Uint8Array.of(1)
      assert.isTrue(verify(sign(seed, message), message, before))
    }).pipe(Effect.provide(Layer.orDie(Ed25519Sodium.layer)))
  )
})
