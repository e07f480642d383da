import {
  create,
  type DescField,
  type DescMessage,
  fromBinary,
  type MessageShape,
  ScalarType,
  toBinary
} from "@bufbuild/protobuf"
import { describe, expect, it } from "@effect/vitest"
import { Schema } from "effect"
import { decodeSessionRequest, decodeSessionResponse } from "../src/contract/decodeSession.ts"
import { encodeVerdict } from "../src/contract/encode.ts"
import { frameAnswer, frameCancel, frameFailure, frameVerify } from "../src/contract/encodeSession.ts"
import { makeFrameReader } from "../src/contract/grpcFrames.ts"
import { messageBytesMax } from "../src/contract/Observation.ts"
import { evidenceBytesMax, Verdict } from "../src/contract/Verdict.ts"
import {
  SessionRequestSchema,
  SessionResponseSchema,
  VerifyRequestSchema,
  VerifyResponseSchema
} from "../src/gen/farmops/plugin/v1/plugin_pb.ts"

const Id = Schema.BigInt.check(Schema.isBetweenBigInt({ minimum: 0n, maximum: 2n ** 64n - 1n }))
const int64 = Schema.BigInt.check(Schema.isBetweenBigInt({ minimum: -(2n ** 63n), maximum: 2n ** 63n - 1n }))
const int32 = Schema.Int.check(Schema.isBetween({ minimum: -(2 ** 31), maximum: 2 ** 31 - 1 }))

const AnyRequest = Schema.Struct({
  observationId: Schema.String,
  sourceType: Schema.String,
  rawData: Schema.Uint8Array,
  detectedAt: Schema.UndefinedOr(Schema.Struct({ seconds: int64, nanos: int32 })),
  subject: Schema.String,
  memory: Schema.Uint8Array
})

/** The messages in these bytes. */
const messagesOf = (bytes: Buffer): ReadonlyArray<Uint8Array> => {
  const messages: Array<Uint8Array> = []
  expect(makeFrameReader(messageBytesMax, (message) => messages.push(message))(bytes)).toBe(null)
  return messages
}

const read = <D extends DescMessage>(schema: D, frame: Buffer): MessageShape<D> => {
  const [message, ...others] = messagesOf(frame)
  expect(others).toEqual([])
  return fromBinary(schema, message ?? new Uint8Array())
}

// As it is after the library wrote and read it: what is no Unicode in a string is replaced.
const throughLibrary = <D extends DescMessage>(schema: D, message: MessageShape<D>): MessageShape<D> =>
  fromBinary(schema, toBinary(schema, message))

const valueOf = (field: DescField): unknown => {
  if (field.fieldKind === "message") return filled(field.message)
  if (field.fieldKind !== "scalar") throw new Error(`this test has no value for ${field}`)
  if (field.scalar === ScalarType.STRING) return `the ${field.name}`
  if (field.scalar === ScalarType.BYTES) return new Uint8Array([field.number, 0])
  return field.scalar === ScalarType.INT32 ? field.number : BigInt(field.number)
}

/** A message in which nothing has its default. */
const filled = <D extends DescMessage>(schema: D): MessageShape<D> =>
  Object.assign(create(schema), Object.fromEntries(schema.fields.map((field) => [field.localName, valueOf(field)])))

const ask = create(SessionRequestSchema, { id: 7n, message: { case: "verify", value: filled(VerifyRequestSchema) } })
const answer = create(SessionResponseSchema, {
  id: 7n,
  message: { case: "verify", value: filled(VerifyResponseSchema) }
})

const pieces: ReadonlyArray<Uint8Array> = [
  toBinary(SessionRequestSchema, ask),
  toBinary(SessionRequestSchema, create(SessionRequestSchema, { message: { case: "cancel", value: {} } })),
  toBinary(SessionResponseSchema, answer),
  toBinary(
    SessionResponseSchema,
    create(SessionResponseSchema, { id: 300n, message: { case: "failure", value: { code: 3, message: "no" } } })
  ),
  // A later contract's field, with a group in it.
  new Uint8Array([0x7b, 0x08, 0x01, 0x7c]),
  new Uint8Array([0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01])
]

/** Bytes that are often a message, and seldom a good one: some of the pieces, some of their bytes written over, and the end cut. */
const AnyBytes = Schema.Struct({
  pieces: Schema.Array(Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: pieces.length - 1 }))),
  edits: Schema.Array(
    Schema.Struct({
      at: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 400 })),
      byte: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 255 }))
    })
  ),
  cut: Schema.Literals([0, 0, 1, 5, 40])
})

const bytesOf = ({ cut, edits, pieces: chosen }: typeof AnyBytes.Type): Uint8Array => {
  const bytes = new Uint8Array(Buffer.concat(chosen.map((at) => pieces[at] ?? new Uint8Array())))
  for (const { at, byte } of edits) if (at < bytes.length) bytes[at] = byte
  return bytes.subarray(0, bytes.length - cut)
}

// What the library keeps of fields that it does not know is of no use to anybody here.
const known = (value: unknown): unknown => {
  if (typeof value !== "object" || value === null || value instanceof Uint8Array) return value
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, each]) => (key === "$unknown" ? [] : [[key, known(each)]]))
  )
}

const outcomeOf = (decode: () => unknown): unknown => {
  try {
    return known(decode())
  } catch {
    return "refused"
  }
}

describe("the messages of a session", () => {
  it("are read with every field that the contract has", () => {
    expect(decodeSessionRequest(toBinary(SessionRequestSchema, ask))).toEqual(ask)
    expect(decodeSessionResponse(toBinary(SessionResponseSchema, answer))).toEqual(answer)
  })

  it("ask with every field that the contract has", () => {
    const full = filled(VerifyRequestSchema)
    const frame = frameVerify(7n, { ...full, rawData: new Uint8Array() }, full.rawData.length)
    expect(read(SessionRequestSchema, Buffer.concat([frame, full.rawData]))).toEqual(
      create(SessionRequestSchema, { id: 7n, message: { case: "verify", value: full } })
    )
  })

  it.prop("ask what the library reads", { id: Id, request: AnyRequest }, ({ id, request }) => {
    const value = create(VerifyRequestSchema, request)
    const frame = frameVerify(id, value, request.rawData.length)
    const asked = read(SessionRequestSchema, Buffer.concat([frame, request.rawData]))
    const expected = create(SessionRequestSchema, { id, message: { case: "verify", value } })
    expect(asked).toEqual(throughLibrary(SessionRequestSchema, expected))
    expect(decodeSessionRequest(toBinary(SessionRequestSchema, expected))).toEqual(asked)
    expect(read(SessionRequestSchema, frameCancel(id))).toEqual(
      create(SessionRequestSchema, { id, message: { case: "cancel", value: {} } })
    )
  })

  it.prop("answer what the library reads", { id: Id, verdict: Verdict }, ({ id, verdict }) => {
    const said = read(SessionResponseSchema, frameAnswer(id, verdict))
    const expected = create(SessionResponseSchema, { id, message: { case: "verify", value: encodeVerdict(verdict) } })
    expect(said).toEqual(throughLibrary(SessionResponseSchema, expected))
    expect(decodeSessionResponse(toBinary(SessionResponseSchema, expected))).toEqual(said)
  })

  it.prop(
    "fail with what the library reads",
    { id: Id, code: int32, message: Schema.String },
    ({ code, id, message }) => {
      const expected = create(SessionResponseSchema, { id, message: { case: "failure", value: { code, message } } })
      const said = read(SessionResponseSchema, frameFailure(id, code, message))
      expect(said).toEqual(throughLibrary(SessionResponseSchema, expected))
      expect(decodeSessionResponse(toBinary(SessionResponseSchema, expected))).toEqual(said)
    }
  )

  it.prop(
    "are read from any bytes as the library reads them, or refused by both",
    { any: AnyBytes },
    ({ any }) => {
      const bytes = bytesOf(any)
      expect(outcomeOf(() => decodeSessionRequest(bytes))).toEqual(
        outcomeOf(() => fromBinary(SessionRequestSchema, bytes))
      )
      expect(outcomeOf(() => decodeSessionResponse(bytes))).toEqual(
        outcomeOf(() => fromBinary(SessionResponseSchema, bytes))
      )
    },
    { arbitrary: { runs: 1000 } }
  )

  it("carry an id of any size", () => {
    for (let bits = 0n; bits < 64n; bits++) {
      for (const id of [2n ** bits - 1n, 2n ** bits, 2n ** 64n - 2n ** bits]) {
        expect(read(SessionRequestSchema, frameCancel(id)).id).toBe(id)
      }
    }
  })

  it("are whole after one that could not be written, and after a large one", () => {
    const verdict: Verdict = { verdict: "rejected", reason: "small", remember: null }
    const small = frameAnswer(1n, verdict)
    for (const impact_radius of [0.5, Number.NaN, 2 ** 31]) {
      const work: Verdict = {
        verdict: "verified",
        reason: "",
        action_type: "verify",
        category: "maintenance",
        subcategory: null,
        description: "Did it",
        scoring_hints: { complexity: "low", impact_radius, artifacts_touched: 1, time_spent_seconds: null },
        evidence: new Uint8Array(evidenceBytesMax),
        actor_type: null,
        remember: null
      }
      expect(() => frameAnswer(1n, work)).toThrow(RangeError)
      expect(frameAnswer(1n, verdict)).toEqual(small)
    }
    const large = "ü".repeat(1_000_000)
    const { message } = read(SessionResponseSchema, frameAnswer(1n, { ...verdict, reason: large }))
    expect(message.case === "verify" && message.value.reason === large).toBe(true)
    expect(frameAnswer(1n, verdict)).toEqual(small)
  })
})
