/** The odd plugin as a program. Its first argument makes the program itself odd. */
import { servePlugin } from "../src/author/servePlugin.ts"
import { oddPlugin } from "./oddPlugin.ts"

const [oddity] = process.argv.slice(2)

if (oddity === "mute") process.stdin.resume()
else if (oddity === "dead") process.exitCode = 3
else {
  await servePlugin(oddPlugin, process.env)
  if (oddity === "stubborn") process.removeAllListeners("SIGTERM").on("SIGTERM", () => undefined)
}
