/** The calls of the Docker Engine API that an agent's container needs, each bounded in time and with one sentence for what went wrong. */
import Docker from "dockerode"
import { Effect } from "effect"

/** When an image is fetched from its registry. */
export type PullPolicy = "always" | "missing" | "never"

/** An image, made ready or not. `permanent` where another try gives the same. */
export interface EngineFault {
  readonly reason: string
  readonly permanent: boolean
}

const callMs = 30_000
const pullMs = 600_000

const statusOf = (cause: unknown): number | null =>
  typeof cause === "object" && cause !== null && "statusCode" in cause ? Number(cause.statusCode) : null

const messageOf = (cause: unknown) =>
  (cause instanceof Error ? cause.message : String(cause)).replace(/\s+/g, " ").slice(0, 300)

const faultOf = (what: string, cause: unknown): EngineFault => {
  const status = statusOf(cause)
  if (status === null) {
    const cure = "is Docker running, or podman's socket (systemctl start podman.socket)?"
    return { reason: `the container engine does not answer (${messageOf(cause)}); ${cure}`, permanent: false }
  }
  return {
    reason: `the container engine refused to ${what}: ${messageOf(cause)}`,
    permanent: status === 400 || status === 404
  }
}

/** One call. `what` completes "refused to …". */
export const callEngine = <A>(
  what: string,
  call: () => Promise<A>,
  withinMs: number = callMs
): Effect.Effect<A, EngineFault> =>
  Effect.tryPromise({ try: call, catch: (cause) => faultOf(what, cause) }).pipe(
    Effect.timeoutOrElse({
      duration: withinMs,
      orElse: () =>
        Effect.fail({ reason: `the container engine did not ${what} within ${withinMs} ms`, permanent: false })
    })
  )

/** The engine behind a socket, `/var/run/docker.sock` or podman's. */
export const openEngine = (socketPath: string): Docker => new Docker({ socketPath })

const isPresent = (engine: Docker, image: string) =>
  callEngine("show the image", () => engine.getImage(image).inspect()).pipe(
    Effect.as(true),
    Effect.catch((fault) => (fault.permanent ? Effect.succeed(false) : Effect.fail(fault)))
  )

const pull = (engine: Docker, image: string) =>
  callEngine(
    "pull the image",
    async () => {
      const progress = await engine.pull(image)
      await new Promise<void>((resolve, reject) =>
        engine.modem.followProgress(progress, (error: Error | null) => (error === null ? resolve() : reject(error)))
      )
    },
    pullMs
  )

/** Sees to it that the image is there, as the policy says. */
export const ensureImage = Effect.fn("ensureImage")(function* (engine: Docker, image: string, policy: PullPolicy) {
  if (policy === "always") return yield* pull(engine, image)
  if (yield* isPresent(engine, image)) return
  if (policy === "missing") return yield* pull(engine, image)
  const reason = `there is no image ${image} here, and its pull policy is never; build or load it`
  return yield* Effect.fail({ reason, permanent: true } satisfies EngineFault)
})
