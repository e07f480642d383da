/** Secure Scuttlebutt's chain of signed messages: JSON, Ed25519 by libsodium, and SHA-256, as ours. */
import { makeCase } from "./rounds.ts"

/** The one kind of chain state that we keep. */
interface FeedState {
  readonly id: string
  readonly sequence: number
  readonly timestamp: number
  readonly queue: ReadonlyArray<unknown>
}
interface State {
  queue: Array<unknown>
  readonly feeds: Readonly<Record<string, FeedState>>
}
type Message = Readonly<Record<string, unknown>>
interface Keys {
  readonly id: string
}

/** What we call of `ssb-validate` 4.1.4. */
interface SsbValidate {
  readonly initial: () => State
  readonly append: (state: State, hmacKey: null, message: Message) => State
  readonly create: (feed: FeedState | undefined, keys: Keys, hmacKey: null, content: object, timeMs: number) => Message
  readonly id: (message: Message) => string
}
interface SsbKeys {
  readonly generate: () => Keys
}

/** `bytes` is the length of a record as it is stored. */
export const makeSsbCases = (load: (name: string) => unknown, count: number, bytes: number) => {
  const ssb = load("ssb-validate") as SsbValidate
  const keys = (load("ssb-keys") as SsbKeys).generate()
  const startMs = Date.UTC(2026, 1, 21)
  // One long text, for few keys cost it the least.
  const contentOf = (length: number) => ({ type: "farm-proof", text: "x".repeat(length) })
  const empty = JSON.stringify(ssb.create(undefined, keys, null, contentOf(0), startMs)).length
  // The first message names no parent; the others are longer by its id.
  const content = contentOf(bytes - empty - "%.sha256".length - 44)

  const feedOf = (message: Message, timestamp: number): FeedState => ({
    id: ssb.id(message),
    sequence: Number(message.sequence),
    timestamp,
    queue: []
  })
  const lines: Array<string> = []
  let feed: FeedState | undefined
  for (let at = 0; at < count; at++) {
    const message = ssb.create(feed, keys, null, content, startMs + at)
    feed = feedOf(message, startMs + at)
    lines.push(JSON.stringify(message))
  }

  const append = makeCase(count, () => {
    let state = ssb.initial()
    return (from, to) => {
      for (let at = from; at < to; at++) state = ssb.append(state, null, JSON.parse(lines[at] ?? ""))
      state.queue = []
    }
  })
  const create = makeCase(count, () => {
    let feed: FeedState | undefined
    return (from, to) => {
      for (let at = from; at < to; at++)
        feed = feedOf(ssb.create(feed, keys, null, content, startMs + at), startMs + at)
    }
  })
  return { append, create, bytes: lines.at(-1)?.length ?? 0 }
}
