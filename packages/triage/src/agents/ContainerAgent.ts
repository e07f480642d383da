/**
 * Runs an agent in a container that can do nothing but answer: no network, a root that cannot be written, no capability, bounded memory, processor and
 * processes. Two Unix sockets in one folder are all that joins it to the world: the agent's own, and the egress proxy's.
 */
import { chmodSync, mkdtempSync, rmSync } from "node:fs"
import { join } from "node:path"
import { relaySocket } from "@farmops/core/host/relaySocket"
import type Docker from "dockerode"
import { Effect, type Scope } from "effect"
import { AgentStartFailed, type StartAgent } from "./AgentRun.ts"
import { faultOfEnvironment } from "./agentEnvironment.ts"
import { callEngine, type EngineFault, ensureImage, openEngine, type PullPolicy } from "./ContainerEngine.ts"
import { type AllowedHost, openEgressProxy } from "./EgressProxy.ts"

/** How the container is started. */
export interface ContainerAgentOptions {
  readonly name: string
  readonly image: string
  readonly pull: PullPolicy
  /** The engine's socket. */
  readonly engineSocket: string
  /** A folder of the harness's, mode 0700, in which each life gets one of its own. Unix sockets have short paths. */
  readonly directory: string
  /** The container's name; one that is left over from a harness that was killed is removed. */
  readonly containerName: string
  /** What it gets besides where to listen and the proxy. A model's key may be here; a token of GitHub's is refused. */
  readonly environment: Readonly<Record<string, string>>
  /** The hosts that it may reach, usually the model's alone. */
  readonly allowedHosts: ReadonlyArray<AllowedHost>
  readonly limits?: Partial<ContainerLimits>
}

/** What one agent may take of the machine. */
export interface ContainerLimits {
  readonly memoryMiB: number
  readonly cpus: number
  readonly processes: number
}

/** Twice what our own agent takes with a large classifier. */
export const containerLimitsDefault: ContainerLimits = { memoryMiB: 512, cpus: 1, processes: 128 }

const inside = "/run/farmops"
const agentSocket = "agent.sock"
const egressSocket = "egress.sock"

// On the container's own loopback, where nobody else is.
const egressPort = 3128

// What agent-v0 gives an agent for what it is answering.
const stopSeconds = 15

const mebibyte = 1024 * 1024

/** Where the agent listens, and its way out for programs that know only ports. */
const wiring: Readonly<Record<string, string>> = {
  FARMOPS_AGENT_SOCKET: `${inside}/${agentSocket}`,
  FARMOPS_EGRESS_SOCKET: `${inside}/${egressSocket}`,
  FARMOPS_EGRESS_PORT: String(egressPort),
  HTTPS_PROXY: `http://127.0.0.1:${egressPort}`,
  HTTP_PROXY: `http://127.0.0.1:${egressPort}`,
  NODE_USE_ENV_PROXY: "1"
}

/** What is asked of the engine. Pure, so that a test can hold it against what the engine made of it. */
export const containerSpec = (options: ContainerAgentOptions, folder: string): Docker.ContainerCreateOptions => {
  const { cpus, memoryMiB, processes } = { ...containerLimitsDefault, ...options.limits }
  return {
    name: options.containerName,
    Image: options.image,
    User: "65532:65532",
    Env: Object.entries({ ...options.environment, ...wiring }).map(([name, value]) => `${name}=${value}`),
    Labels: { "org.farmops.agent": options.name },
    HostConfig: {
      NetworkMode: "none",
      Binds: [`${folder}:${inside}:rw`],
      ReadonlyRootfs: true,
      Tmpfs: { "/tmp": "rw,noexec,nosuid,nodev,size=16m" },
      CapDrop: ["ALL"],
      SecurityOpt: ["no-new-privileges"],
      Memory: memoryMiB * mebibyte,
      MemorySwap: memoryMiB * mebibyte,
      NanoCpus: Math.round(cpus * 1e9),
      PidsLimit: processes,
      Ulimits: [
        { Name: "nofile", Soft: 1024, Hard: 1024 },
        { Name: "nproc", Soft: 1024, Hard: 1024 }
      ],
      RestartPolicy: { Name: "no" }
    }
  }
}

const makeFolder = (directory: string) =>
  Effect.acquireRelease(
    Effect.sync(() => {
      const folder = mkdtempSync(join(directory, "a-"))
      // The agent runs under a number of its own; who may not enter the folder above does not get here.
      chmodSync(folder, 0o777)
      return folder
    }),
    (folder) => Effect.sync(() => rmSync(folder, { recursive: true, force: true }))
  )

const remove = (container: Docker.Container) =>
  Effect.ignore(callEngine("remove the container", () => container.remove({ force: true })))

const stop = (container: Docker.Container) =>
  Effect.andThen(
    Effect.ignore(
      callEngine("stop the container", () => container.stop({ t: stopSeconds }), (stopSeconds + 15) * 1000)
    ),
    remove(container)
  )

const create = (
  engine: Docker,
  spec: Docker.ContainerCreateOptions
): Effect.Effect<Docker.Container, EngineFault, Scope.Scope> =>
  Effect.gen(function* () {
    yield* remove(engine.getContainer(spec.name ?? ""))
    const container = yield* Effect.acquireRelease(
      callEngine("create the container", () => engine.createContainer(spec)),
      stop
    )
    yield* callEngine("start the container", () => container.start())
    return container
  })

/** Waits for its end, and says whether the memory was why. */
const endOf = (container: Docker.Container) =>
  Effect.tryPromise(() => container.wait()).pipe(
    Effect.flatMap(({ StatusCode }) =>
      Effect.map(Effect.option(Effect.tryPromise(() => container.inspect())), (found) =>
        found._tag === "Some" && found.value.State.OOMKilled
          ? "it was ended for taking more memory than it may"
          : `it ended with status ${StatusCode}`
      )
    ),
    Effect.catch(() => Effect.succeed("its container is gone"))
  )

/** Starts one life of it. The environment is checked each time, before anything is started. */
export const startContainerAgent = (options: ContainerAgentOptions): StartAgent =>
  Effect.gen(function* () {
    const fault = faultOfEnvironment(options.name, options.environment)
    if (fault !== null) return yield* fault
    const engine = openEngine(options.engineSocket)
    yield* ensureImage(engine, options.image, options.pull)
    const folder = yield* makeFolder(options.directory)
    yield* Effect.mapError(
      openEgressProxy({ path: join(folder, egressSocket) }, options.allowedHosts),
      ({ message }) => ({
        reason: message,
        permanent: false
      })
    )
    const container = yield* create(engine, containerSpec(options, folder))
    const port = yield* Effect.mapError(relaySocket({ port: 0, path: join(folder, agentSocket) }), ({ message }) => ({
      reason: message,
      permanent: false
    }))
    return { url: `http://127.0.0.1:${port}`, ended: endOf(container) }
  }).pipe(
    Effect.mapError((fault) =>
      fault instanceof AgentStartFailed ? fault : new AgentStartFailed({ agent: options.name, ...fault })
    )
  )
