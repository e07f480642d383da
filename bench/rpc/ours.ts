/** Our own plugin behind `servePlugin`, asked by the client that the agent uses. */
import { definePlugin } from "@farmops/plugin-sdk/author/definePlugin"
import { serveOn } from "@farmops/plugin-sdk/author/servePlugin"
import { makePluginClient } from "@farmops/plugin-sdk/runtime/client/pluginClient"
import { Effect, Redacted, Schema } from "effect"
import { observation, verdict } from "./messages.ts"

const token = "t".repeat(64)
const callMsMax = 5_000

const plugin = definePlugin({
  id: "farmops/bench",
  version: "1.0.0",
  description: "Takes anything for work.",
  categories: ["maintenance"],
  sources: { bench: { data: Schema.Unknown } },
  templates: ["Did {things} thing"],
  verify: () => verdict
})

/** Serves the three unary calls and Session. */
export const serveOurs = async (socket: string): Promise<void> => void (await serveOn(plugin, { socket, token }))

/** One verdict after another, as a fiber asks for them. */
export const askOurs = async (socket: string, session: boolean) => {
  const client = makePluginClient(socket, Redacted.make(token), callMsMax, { session })
  await Effect.runPromise(client.describe(callMsMax))
  return client.verify(observation)
}
