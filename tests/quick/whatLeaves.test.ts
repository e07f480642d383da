/** What a whole farm gives away about the work it was grown from: nothing, in any file, answer or log line. */
import { execFileSync } from "node:child_process"
import { createHash, createHmac } from "node:crypto"
import { globSync, readFileSync, statSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { FarmProcess, farmops, temporary } from "./FarmProcess.ts"
import { authorEmail, makeMarkedRepository, markers } from "./markedRepository.ts"

const commits = 12
const folder = temporary("leaves")
let farm: FarmProcess
let hashes: ReadonlyArray<string> = []

interface Listed {
  readonly proofs: ReadonlyArray<{
    readonly proof: {
      readonly proof_id: string
      readonly actor: { readonly actor_hash: string }
      readonly outcome: { readonly evidence_hash: string }
      readonly agent: { readonly agent_id: string }
    }
  }>
}

const getJson = async <A>(url: string): Promise<A> => (await (await fetch(url)).json()) as A

beforeAll(async () => {
  const repository = makeMarkedRepository(folder.path, commits)
  hashes = repository.hashes
  farm = new FarmProcess({ data: join(folder.path, "data"), repository: repository.path })
  await farm.grown(commits)
})

afterAll(async () => {
  await farm.stop()
  folder.remove()
})

/** Every planted string in every spelling that a careless encoder could leave behind. */
const secrets = () =>
  [...Object.values(markers), ...hashes].flatMap((secret) => [
    secret,
    Buffer.from(secret).toString("hex"),
    // Base64 hides a string at three offsets; the middle of each is enough.
    ...[0, 1, 2].map((shift) =>
      Buffer.from(" ".repeat(shift) + secret)
        .toString("base64")
        .slice(shift === 0 ? 0 : 4, -4)
    )
  ])

const foundIn = (text: string, allowed: ReadonlyArray<string> = []) => {
  const lower = text.toLowerCase()
  return secrets().filter((secret) => !allowed.includes(secret) && lower.includes(secret.toLowerCase()))
}

/** Every GET that the service publishes in its OpenAPI document, with real ids in the path. */
const answersOf = async (origin: string, ids: Readonly<Record<string, string>>) => {
  const document = await getJson<{ paths: Record<string, Record<string, unknown>> }>(`${origin}/openapi.json`)
  const paths = Object.keys(document.paths).filter((path) => "get" in (document.paths[path] ?? {}))
  const answers: Array<{ path: string; text: string }> = []
  for (const template of [...paths, "/", "/metrics", "/openapi.json", "/healthz", "/readyz", "/farm.svg", "/nowhere"]) {
    const path = template.replace(
      /\{(\w+)\}/g,
      (_, name: string) => ids[`${template.split("/")[3]}.${name}`] ?? "unknown"
    )
    const query = template.endsWith("/export") ? `?agent_id=${ids["agents.id"]}` : ""
    const abort = new AbortController()
    const response = await fetch(`${origin}${path}${query}`, { signal: abort.signal })
    // A stream of events never ends: its first part is enough.
    const stream = response.headers.get("content-type")?.startsWith("text/event-stream") === true
    const text = stream
      ? Buffer.from((await response.body?.getReader().read())?.value ?? []).toString()
      : await response.text()
    if (stream) abort.abort()
    answers.push({ path: template, text: `${[...response.headers].join("\n")}\n${text}` })
  }
  return answers
}

describe("a farm grown from a repository full of markers", () => {
  it("has them in no file: databases, their journals, keys, exports", async () => {
    const out = join(farm.data, "..", "export.jsonl")
    expect(await farmops(["proof", "export", "--data", farm.data, "--out", out])).toMatchObject({ code: 0 })
    const files = [out, ...globSync(`${farm.data}/**/*`).filter((file) => statSync(file).isFile())]
    expect(files.filter((file) => /\.(db|sqlite)(-wal)?$/.test(file)).length).toBeGreaterThan(2)
    for (const file of files)
      expect({ file, found: foundIn(readFileSync(file, "latin1")) }).toEqual({ file, found: [] })
  })

  it("has them in no answer of tracker, agent or village", async () => {
    const { agent, tracker, village } = await farm.endpoints()
    const { proofs } = await getJson<Listed>(`${tracker}/api/v1/proofs?limit=1`)
    const proof = proofs[0]?.proof
    const board = await getJson<{ entries: ReadonlyArray<{ farmer_id: string }> }>(`${village}/api/v1/leaderboard`)
    const ids = {
      "proofs.id": proof?.proof_id ?? "none",
      "agents.id": proof?.agent.agent_id ?? "none",
      "farmers.id": board.entries[0]?.farmer_id ?? "none"
    }
    for (const origin of [tracker, agent, village ?? tracker]) {
      const answers = await answersOf(origin, ids)
      expect(answers.length).toBeGreaterThan(8)
      for (const { path, text } of answers) expect({ path, found: foundIn(text) }).toEqual({ path, found: [] })
    }
  })

  it("has them in nothing it printed or logged, but the folder that its owner named", () => {
    expect(farm.printed).not.toBe("")
    expect(foundIn(farm.printed, [markers.folder])).toEqual([])
  })

  it("looks in the right places: what is really there is found", async () => {
    const { tracker } = await farm.endpoints()
    const { proofs } = await getJson<Listed>(`${tracker}/api/v1/proofs?limit=1`)
    const hash = proofs[0]?.proof.actor.actor_hash ?? "none"
    const holders = globSync(`${farm.data}/**/*`).filter(
      (file) => statSync(file).isFile() && readFileSync(file, "latin1").includes(hash)
    )
    expect(holders.length).toBeGreaterThan(0)
    expect((await answersOf(tracker, {})).some(({ text }) => text.includes(hash))).toBe(true)
  })
})

describe("the hashes in a proof", () => {
  const sha256 = (...parts: ReadonlyArray<string | Uint8Array>) => {
    const hash = createHash("sha256")
    for (const part of parts) hash.update(part)
    return hash.digest("hex")
  }

  it("match no guess of the person, hashed plainly or keyed with anything public", async () => {
    const { tracker } = await farm.endpoints()
    const { proofs } = await getJson<Listed>(`${tracker}/api/v1/proofs?limit=100`)
    const { agents } = JSON.parse((await farmops(["agent", "list", "--json", "--data", farm.data])).stdout) as {
      agents: ReadonlyArray<{ agent_id: string; public_key: string }>
    }
    const people = [
      authorEmail,
      authorEmail.toUpperCase(),
      `${markers.author} Surname`,
      `${markers.author} Surname <${authorEmail}>`
    ]
    const publicKeys = agents.flatMap(({ agent_id, public_key }) => [
      agent_id,
      public_key,
      Buffer.from(public_key, "hex"),
      Buffer.from(agent_id.replaceAll("-", ""), "hex")
    ])
    const guesses = people.flatMap((person) => [
      sha256(person),
      createHash("sha512").update(person).digest("hex").slice(0, 64),
      ...["", "farmops", "salt", "My Farm", ...publicKeys].flatMap((key) => [
        createHmac("sha256", key).update(person).digest("hex"),
        sha256(key, person),
        sha256(person, key)
      ])
    ])
    const actors = new Set(proofs.map(({ proof }) => proof.actor.actor_hash))
    expect(actors.size).toBe(1)
    expect(guesses.filter((guess) => actors.has(guess))).toEqual([])
  })

  it("match no guess of the evidence, and never repeat", async () => {
    const { tracker } = await farm.endpoints()
    const { proofs } = await getJson<Listed>(`${tracker}/api/v1/proofs?limit=100`)
    const evidence = proofs.map(({ proof }) => proof.outcome.evidence_hash)
    expect(new Set(evidence).size).toBe(evidence.length)
    const guesses = hashes.flatMap((hash) => [
      sha256(hash),
      sha256(`commit ${hash}`),
      sha256(Buffer.from(hash, "hex")),
      sha256(JSON.stringify({ commit: hash })),
      sha256(JSON.stringify({ hash }))
    ])
    expect(guesses.filter((guess) => evidence.includes(guess))).toEqual([])
  })
})

describe("an exported chain", () => {
  const verifier = fileURLToPath(new URL("../../conformance/proof/verify.py", import.meta.url))
  const hasPython = (() => {
    try {
      execFileSync("python3", ["--version"], { stdio: "ignore" })
      return true
    } catch {
      console.warn("SKIPPED: python3 is missing; install it with: apt-get install -y python3 openssl")
      return false
    }
  })()
  const python = (args: ReadonlyArray<string>) => {
    try {
      return execFileSync("python3", [verifier, ...args], { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] })
    } catch (error) {
      return String((error as { stdout?: unknown }).stdout)
    }
  }

  it.skipIf(!hasPython)("verifies with a program that shares no code with ours, and not after an edit", async () => {
    const out = join(folder.path, "chain.jsonl")
    const exported = await farmops(["proof", "export", "--json", "--data", farm.data, "--out", out])
    const { public_key } = JSON.parse(exported.stdout) as { public_key: string }
    const text = readFileSync(out, "utf8")
    const count = text.trim().split("\n").length
    expect(count).toBeGreaterThanOrEqual(commits)
    expect(python([out, "--key", public_key])).toContain(`ok: ${count} proofs`)
    writeFileSync(
      out,
      text.replace(/"artifacts_touched":(\d)/, (_, digit: string) => `"artifacts_touched":${(Number(digit) + 1) % 10}`)
    )
    expect(python([out, "--key", public_key])).not.toContain("ok:")
  })

  it("verifies with the command that needs no server", async () => {
    const out = join(folder.path, "again.jsonl")
    const exported = await farmops(["proof", "export", "--json", "--data", farm.data, "--out", out])
    const { public_key } = JSON.parse(exported.stdout) as { public_key: string }
    expect(await farmops(["proof", "verify", out, "--key", public_key])).toMatchObject({ code: 0, stderr: "" })
  })
})
