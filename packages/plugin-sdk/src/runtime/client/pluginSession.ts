/**
 * Many verdicts over one stream to a plugin: what a call costs beyond the verdict is one small message each way. A call settles
 * exactly once: by its answer, its deadline, its interruption or the stream's end.
 */
import { Code, ConnectError } from "@connectrpc/connect"
import { Effect, type Redacted } from "effect"
import { frameCancel, frameVerify } from "../../contract/encodeSession.ts"
import type { VerifyRequest, VerifyResponse } from "../../gen/farmops/plugin/v1/plugin_pb.ts"
import { makeCallDeadlines } from "./callDeadlines.ts"
import { type OpenStream, openStream } from "./sessionStream.ts"

/** Calls over a stream that is opened by the first of them, and again by the next once it is gone. */
export interface PluginSession {
  /** `request` is without its `raw_data`, which follows. */
  readonly verify: (
    request: VerifyRequest,
    rawData: Uint8Array,
    callMsMax: number
  ) => Effect.Effect<VerifyResponse, ConnectError>
  /** Calls that wait for their answers, in all streams. */
  readonly waiting: () => number
  /** Ends the streams; a call that still waits fails as if the plugin were gone. */
  readonly close: () => void
}

/** Opens nothing until the first call. The token is in the stream's head. */
export const makePluginSession = (socket: string, token: Redacted.Redacted<string>): PluginSession => {
  const streams = new Set<OpenStream>()
  const deadlines = makeCallDeadlines()
  let current: OpenStream | null = null
  let lastId = 0n

  const retire = (stream: OpenStream) => {
    if (current === stream) current = null
    if (stream.calls.size === 0) stream.destroy()
  }

  const open = () => {
    const opened: OpenStream = openStream(socket, token, {
      onEnd: () => {
        if (current === opened) current = null
      },
      onClose: () => streams.delete(opened)
    })
    streams.add(opened)
    current = opened
    return opened
  }

  const verify: PluginSession["verify"] = (request, rawData, callMsMax) =>
    Effect.callback<VerifyResponse, ConnectError>((resume) => {
      const stream = current ?? open()
      const id = ++lastId
      const heardBefore = stream.heard()
      const forget = () => {
        deadlines.remove(deadline)
        stream.calls.delete(id)
        if (current !== stream) retire(stream)
      }
      const cancel = () => {
        stream.write(frameCancel(id))
        forget()
      }
      const expire = () => {
        // Not a word since this call began: whether it is this call or the stream that is stuck, the next one gets its own.
        if (stream.heard() === heardBefore) retire(stream)
        cancel()
        resume(Effect.fail(new ConnectError("no answer in time", Code.DeadlineExceeded)))
      }
      const deadline = { atMs: performance.now() + callMsMax, expire }
      deadlines.add(deadline)
      stream.calls.set(id, (exit) => {
        forget()
        resume(exit)
      })
      stream.write(frameVerify(id, request, rawData.length), rawData)
      return Effect.sync(cancel)
    })

  return {
    verify,
    waiting: deadlines.waiting,
    close: () => {
      for (const stream of streams) stream.destroy()
    }
  }
}
