/**
 * The messages of a Session, read field by field as `encodeSession` writes them, in any order; a field that is not known is passed
 * over. What is no such message throws.
 */
import { BinaryReader } from "@bufbuild/protobuf/wire"
import type {
  ScoringHints,
  SessionFailure,
  SessionRequest,
  SessionResponse,
  VerifyRequest,
  VerifyResponse
} from "../gen/farmops/plugin/v1/plugin_pb.ts"

const noBytes = new Uint8Array()

// As the generated code has it, 64 bits are a bigint; the reader knows of a runtime that has none.
const uint64 = (reader: BinaryReader): bigint => BigInt(reader.uint64())
const int64 = (reader: BinaryReader): bigint => BigInt(reader.int64())

type ReadField<A> = (message: A, reader: BinaryReader, field: number, wireType: number) => void

const readUntil = <A>(end: number, message: A, reader: BinaryReader, readField: ReadField<A>): A => {
  while (reader.pos < end) {
    const [field, wireType] = reader.tag()
    readField(message, reader, field, wireType)
  }
  return message
}

// A message in a message. Where the same field comes again it adds to what is there, as the format has it.
const readNested = <A>(message: A, reader: BinaryReader, readField: ReadField<A>): A => {
  const length = reader.uint32()
  return readUntil(reader.pos + length, message, reader, readField)
}

const readTimestamp: ReadField<NonNullable<VerifyRequest["detectedAt"]>> = (timestamp, reader, field, wireType) => {
  if (field === 1) timestamp.seconds = int64(reader)
  else if (field === 2) timestamp.nanos = reader.int32()
  else reader.skip(wireType, field)
}

const newTimestamp = () => ({ $typeName: "google.protobuf.Timestamp" as const, seconds: 0n, nanos: 0 })

const readVerifyRequest: ReadField<VerifyRequest> = (request, reader, field, wireType) => {
  if (field === 1) request.observationId = reader.string(true)
  else if (field === 2) request.sourceType = reader.string(true)
  else if (field === 3) request.rawData = reader.bytes()
  else if (field === 4) request.detectedAt = readNested(request.detectedAt ?? newTimestamp(), reader, readTimestamp)
  else if (field === 5) request.subject = reader.string(true)
  else if (field === 6) request.memory = reader.bytes()
  else reader.skip(wireType, field)
}

const newVerifyRequest = (): VerifyRequest => ({
  $typeName: "farmops.plugin.v1.VerifyRequest",
  observationId: "",
  sourceType: "",
  rawData: noBytes,
  subject: "",
  memory: noBytes
})

const readNothing: ReadField<unknown> = (_, reader, field, wireType) => void reader.skip(wireType, field)

const readSessionRequest: ReadField<SessionRequest> = (request, reader, field, wireType) => {
  const { message } = request
  if (field === 1) request.id = uint64(reader)
  else if (field === 2) {
    const verify = message.case === "verify" ? message.value : newVerifyRequest()
    request.message = { case: "verify", value: readNested(verify, reader, readVerifyRequest) }
  } else if (field === 3) {
    const cancel = { $typeName: "farmops.plugin.v1.SessionCancel" as const }
    request.message = { case: "cancel", value: readNested(cancel, reader, readNothing) }
  } else reader.skip(wireType, field)
}

/** What an agent says. */
export const decodeSessionRequest = (bytes: Uint8Array): SessionRequest =>
  readUntil(
    bytes.length,
    { $typeName: "farmops.plugin.v1.SessionRequest", id: 0n, message: { case: undefined } },
    new BinaryReader(bytes),
    readSessionRequest
  )

const readHints: ReadField<ScoringHints> = (hints, reader, field, wireType) => {
  if (field === 1) hints.complexity = reader.string(true)
  else if (field === 2) hints.impactRadius = reader.int32()
  else if (field === 3) hints.artifactsTouched = reader.int32()
  else if (field === 4) hints.timeSpentSeconds = int64(reader)
  else reader.skip(wireType, field)
}

const newHints = (): ScoringHints => ({
  $typeName: "farmops.plugin.v1.ScoringHints",
  complexity: "",
  impactRadius: 0,
  artifactsTouched: 0,
  timeSpentSeconds: 0n
})

const readVerifyResponse: ReadField<VerifyResponse> = (response, reader, field, wireType) => {
  if (field === 1) response.verdict = reader.string(true)
  else if (field === 2) response.reason = reader.string(true)
  else if (field === 3) response.actionType = reader.string(true)
  else if (field === 4) response.category = reader.string(true)
  else if (field === 5) response.subcategory = reader.string(true)
  else if (field === 6) response.description = reader.string(true)
  else if (field === 7) response.scoringHints = readNested(response.scoringHints ?? newHints(), reader, readHints)
  else if (field === 8) response.evidence = reader.bytes()
  else if (field === 9) response.actorType = reader.string(true)
  else if (field === 10) response.memory = reader.bytes()
  else reader.skip(wireType, field)
}

const newVerifyResponse = (): VerifyResponse => ({
  $typeName: "farmops.plugin.v1.VerifyResponse",
  verdict: "",
  reason: "",
  actionType: "",
  category: "",
  subcategory: "",
  description: "",
  evidence: noBytes,
  actorType: ""
})

const readFailure: ReadField<SessionFailure> = (failure, reader, field, wireType) => {
  if (field === 1) failure.code = reader.int32()
  else if (field === 2) failure.message = reader.string(true)
  else reader.skip(wireType, field)
}

const newFailure = (): SessionFailure => ({ $typeName: "farmops.plugin.v1.SessionFailure", code: 0, message: "" })

const readSessionResponse: ReadField<SessionResponse> = (response, reader, field, wireType) => {
  const { message } = response
  if (field === 1) response.id = uint64(reader)
  else if (field === 2) {
    const verify = message.case === "verify" ? message.value : newVerifyResponse()
    response.message = { case: "verify", value: readNested(verify, reader, readVerifyResponse) }
  } else if (field === 3) {
    const failure = message.case === "failure" ? message.value : newFailure()
    response.message = { case: "failure", value: readNested(failure, reader, readFailure) }
  } else reader.skip(wireType, field)
}

/** What a plugin says. */
export const decodeSessionResponse = (bytes: Uint8Array): SessionResponse =>
  readUntil(
    bytes.length,
    { $typeName: "farmops.plugin.v1.SessionResponse", id: 0n, message: { case: undefined } },
    new BinaryReader(bytes),
    readSessionResponse
  )
