/** `farmops proof bundle`: one proof with its path to a signed checkpoint, in one file that anybody checks offline. */
import { resolve } from "node:path"
import { exitCodes } from "@farmops/core/host/exitCodes"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { CommandFailed } from "./CommandFailed.ts"
import { requestJson, requestText } from "./FarmConnection.ts"
import { Printer } from "./Printer.ts"
import { writeWhole } from "./writeWhole.ts"

const Profile = Schema.StructWithRest(Schema.Struct({ public_key: Schema.String }), [
  Schema.Record(Schema.String, Schema.Unknown)
])

/** Runs the command. Without a file the text goes to stdout. */
export const proofBundle = Effect.fn("proofBundle")(function* (options: {
  readonly id: string
  readonly out: Option.Option<string>
  readonly cwd: string
}) {
  const printer = yield* Printer
  if (!/^[0-9a-f-]{36}$/.test(options.id)) {
    return yield* new CommandFailed({
      code: "bad_proof_id",
      detail: "that is not a proof's id.",
      cure: "`farmops proof list` shows them.",
      exitCode: exitCodes.usage
    })
  }
  const text = yield* requestText(`/api/v1/proofs/${options.id}/bundle`)
  const { public_key } = yield* requestJson("/api/v1/public/profile", Profile)
  if (Option.isNone(options.out)) {
    return yield* printer.json ? printer.data({ bundle: text, tracker_key: public_key }) : printer.write(text)
  }
  const out = resolve(options.cwd, options.out.value)
  yield* writeWhole(out, text)
  if (printer.json) return yield* printer.data({ file: out, tracker_key: public_key })
  yield* printer.line(`the proof was written to ${options.out.value}`)
  yield* printer.note(
    `verify it yourself: npx farmops proof verify ${options.out.value} --tracker-key ${public_key} --key AGENT_KEY`
  )
})
