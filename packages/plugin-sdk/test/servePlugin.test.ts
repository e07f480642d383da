import { spawnSync } from "node:child_process"
import { chmodSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs"
import { connect } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { Code, ConnectError, createClient } from "@connectrpc/connect"
import { createGrpcTransport } from "@connectrpc/connect-node"
import { afterEach, describe, expect, it } from "vitest"
import { serveOn } from "../src/author/servePlugin.ts"
import { messageBytesMax } from "../src/contract/Observation.ts"
import { FarmPlugin } from "../src/gen/farmops/plugin/v1/plugin_pb.ts"
import { oddPlugin } from "./oddPlugin.ts"

const closers: Array<() => Promise<void> | void> = []

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

const serve = async (prepare: (socket: string) => void = () => undefined) => {
  const folder = mkdtempSync(join(tmpdir(), "farmops-serve-"))
  const socket = join(folder, "plugin.sock")
  closers.push(() => rmSync(folder, { recursive: true }))
  prepare(socket)
  const { close } = await serveOn(oddPlugin, { socket, token: "right" })
  closers.push(close)
  const call = (authorization: string | null) => {
    const transport = createGrpcTransport({
      baseUrl: "http://plugin",
      nodeOptions: { createConnection: () => connect(socket) }
    })
    const client = createClient(FarmPlugin, transport)
    return { client, options: authorization === null ? {} : { headers: { authorization } } }
  }
  return { socket, call }
}

const codeOf = async (promise: Promise<unknown>) => {
  try {
    await promise
    return null
  } catch (error) {
    return ConnectError.from(error).code
  }
}

const work = { sourceType: "test", rawData: new TextEncoder().encode('"work"') }

describe("a served plugin", () => {
  it.each([null, "Bearer wrong", "Bearer righ", "Bearer rightt", "right", ""])(
    "refuses every call with the authorization %j",
    async (authorization) => {
      const { call } = await serve()
      const { client, options } = call(authorization)
      expect(await codeOf(client.describe({}, options))).toBe(Code.Unauthenticated)
      expect(await codeOf(client.verify(work, options))).toBe(Code.Unauthenticated)
      expect(await codeOf(client.configureSources({}, options))).toBe(Code.Unauthenticated)
    }
  )

  it("answers whoever has the token", async () => {
    const { call } = await serve()
    const { client, options } = call("Bearer right")
    const { capabilities, pluginId } = await client.describe({}, options)
    expect(pluginId).toBe("farmops/odd")
    expect(capabilities).toEqual(["session"])
    expect((await client.verify(work, options)).verdict).toBe("verified")
    expect((await client.configureSources({ available: ["test"] }, options)).wanted).toHaveLength(1)
  })

  it("refuses data that is not JSON in UTF-8, and messages above the limit", async () => {
    const { call } = await serve()
    const { client, options } = call("Bearer right")
    for (const rawData of [new Uint8Array([0xff]), new TextEncoder().encode("{"), new Uint8Array()]) {
      expect(await codeOf(client.verify({ ...work, rawData }, options))).toBe(Code.InvalidArgument)
    }
    const rawData = new Uint8Array(messageBytesMax + 1)
    expect(await codeOf(client.verify({ ...work, rawData }, options))).toBe(Code.ResourceExhausted)
  })

  it("opens its socket to its owner only, in a folder open to everybody and over a stale file", async () => {
    const before = process.umask()
    const { socket } = await serve((path) => {
      chmodSync(join(path, ".."), 0o777)
      writeFileSync(path, "stale", { mode: 0o666 })
    })
    expect(statSync(socket).isSocket()).toBe(true)
    expect(statSync(socket).mode & 0o777).toBe(0o600)
    expect(process.umask()).toBe(before)
  })

  it("says what it is when a person starts it", () => {
    const program = fileURLToPath(new URL("./servedOddPlugin.ts", import.meta.url))
    const { status, stderr } = spawnSync(process.execPath, ["--conditions=@farmops/source", program], {
      encoding: "utf8",
      env: { PATH: process.env.PATH }
    })
    expect(status).toBe(64)
    expect(stderr).toContain("farmops/odd is a FarmOps plugin: an agent starts it")
    expect(stderr.trim().split("\n")).toHaveLength(1)
  })
})
