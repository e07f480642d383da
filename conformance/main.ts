/**
 * The door for anybody's test vectors: one JSON object a line in, one verdict a line out.
 *
 *     npm run conformance -- KIND [--layer node|noble|sodium] < lines
 */
import { createReadStream } from "node:fs"
import { parseArgs } from "node:util"
import { backends, judgeLine, kinds } from "./judge.ts"

const exitUsage = 64

const fail = (message: string): never => {
  console.error(`conformance: ${message}`)
  process.exit(exitUsage)
}

const readArguments = () => {
  try {
    return parseArgs({ allowPositionals: true, options: { layer: { type: "string", default: "node" } } })
  } catch (error) {
    return fail(error instanceof Error ? error.message : "unknown option")
  }
}

const { positionals, values } = readArguments()
const [kind, ...rest] = positionals
if (kind === undefined || rest.length > 0 || !kinds.includes(kind)) {
  fail(`expected one KIND of ${kinds.join(", ")}${kind === undefined ? "" : `, got ${positionals.join(" ")}`}`)
}
const backend =
  (Object.hasOwn(backends, values.layer) ? backends[values.layer] : undefined) ??
  fail(`expected --layer ${Object.keys(backends).join(", ")}, got ${values.layer}`)

// Somebody's `head` may close the pipe early: that is no failure.
process.stdout.on("error", () => process.exit(0))

const strictUtf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true })

const judgeBytes = (line: Uint8Array): string => {
  let text = ""
  try {
    text = strictUtf8.decode(line)
  } catch {
    // An empty line is a bad request too.
  }
  return `${JSON.stringify(judgeLine(kind ?? "", text, backend))}\n`
}

// Split by bytes: a stream decoder would hide broken UTF-8, and other splitters break lines at U+2028.
let pending: Array<Buffer> = []
for await (const chunk of createReadStream("", { fd: 0 })) {
  let rest: Buffer = chunk
  let answers = ""
  for (let end = rest.indexOf(0x0a); end >= 0; end = rest.indexOf(0x0a)) {
    answers += judgeBytes(Buffer.concat([...pending, rest.subarray(0, end)]))
    pending = []
    rest = rest.subarray(end + 1)
  }
  if (rest.length > 0) pending.push(rest)
  if (answers !== "" && !process.stdout.write(answers)) {
    await new Promise((resume) => process.stdout.once("drain", resume))
  }
}
if (pending.length > 0) process.stdout.write(judgeBytes(Buffer.concat(pending)))
