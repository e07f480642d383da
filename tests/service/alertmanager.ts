/** A real Alertmanager and a real Prometheus for tests, which watches one target that can be taken down. */
import { type ChildProcess, spawn } from "node:child_process"
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { createServer, request, type Server } from "node:http"
import { type AddressInfo, createServer as createTcpServer } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Effect, Schedule } from "effect"

const programs = { prometheus: "/usr/bin/prometheus", alertmanager: "/usr/bin/prometheus-alertmanager" }

/** Whether both are there; where not, tests skip and say how to install them. */
export const hasAlertmanager = Object.values(programs).every((file) => existsSync(file))
if (!hasAlertmanager) {
  console.warn("Alertmanager is missing; install it with: apt-get install -y prometheus prometheus-alertmanager")
}

/** The token that Alertmanager signs in with at webhooks. */
export const hookToken = "token of the hook"

const listening = (server: Server): Effect.Effect<number> =>
  Effect.callback((resume) => {
    server.listen(0, "127.0.0.1", () => resume(Effect.succeed((server.address() as AddressInfo).port)))
  })

const freePort = Effect.callback<number>((resume) => {
  const server = createTcpServer().listen(0, "127.0.0.1", () => {
    const { port } = server.address() as AddressInfo
    server.close(() => resume(Effect.succeed(port)))
  })
})

const serve = (server: Server) =>
  Effect.acquireRelease(listening(server), () =>
    Effect.sync(() => {
      server.closeAllConnections()
      server.close()
    })
  )

const ready = (port: number) =>
  Effect.promise(() =>
    fetch(`http://127.0.0.1:${port}/-/ready`).then(
      ({ ok }) => ok,
      () => false
    )
  ).pipe(Effect.repeat({ until: (ok) => ok, schedule: Schedule.spaced("50 millis") }), Effect.timeout("30 seconds"))

const ended = (child: ChildProcess, signal: NodeJS.Signals) =>
  Effect.callback<void>((resume) => {
    if (child.exitCode !== null || child.signalCode !== null) return resume(Effect.void)
    child.once("exit", () => resume(Effect.void))
    child.kill(signal)
  })

const alertmanagerConfig = (hooks: ReadonlyArray<string>) => `
route: { receiver: hooks, group_by: [alertname], group_wait: 1s, group_interval: 1s, repeat_interval: 1h }
receivers:
  - name: hooks
    webhook_configs:
${hooks.map((url) => `      - { url: "${url}", send_resolved: true, http_config: { authorization: { credentials: ${hookToken} } } }`).join("\n")}
`

const prometheusConfig = (alertmanager: number, target: number) => `
global: { scrape_interval: 500ms, scrape_timeout: 400ms, evaluation_interval: 500ms }
rule_files: [rules.yml]
alerting: { alertmanagers: [{ static_configs: [{ targets: ["127.0.0.1:${alertmanager}"] }] }] }
scrape_configs: [{ job_name: barn, static_configs: [{ targets: ["127.0.0.1:${target}"] }] }]
`

const rules = "groups: [{ name: barn, rules: [{ alert: BarnDown, expr: up == 0, for: 2s }] }]\n"

/**
 * Starts both. Alertmanager is reached through a proxy that counts how often its alerts were asked for; `hooksFor` gets the
 * proxy's address before anything answers there, and gives the addresses of webhooks.
 */
export const startAlertmanager = Effect.fnUntraced(function* <R>(
  hooksFor: (url: string) => Effect.Effect<ReadonlyArray<string>, never, R>
) {
  const folder = yield* Effect.acquireRelease(
    Effect.sync(() => mkdtempSync(join(tmpdir(), "farmops-alerts-"))),
    (path) => Effect.sync(() => rmSync(path, { recursive: true, force: true }))
  )
  let up = true
  const target = yield* serve(createServer((_, response) => response.writeHead(up ? 200 : 500).end("barn 1\n")))
  const [port, prometheusPort] = [yield* freePort, yield* freePort]
  let asked = 0
  const proxy = yield* serve(
    createServer((incoming, response) => {
      const onward = request({ port, host: "127.0.0.1", path: incoming.url, method: incoming.method }, (answer) => {
        response.writeHead(answer.statusCode ?? 500, answer.headers)
        answer.pipe(response).once("finish", () => {
          if (incoming.url === "/api/v2/alerts") asked++
        })
      })
      onward.once("error", () => response.destroy())
      onward.end()
    })
  )
  const hooks = yield* hooksFor(`http://127.0.0.1:${proxy}`)
  mkdirSync(join(folder, "am"))
  writeFileSync(join(folder, "am.yml"), alertmanagerConfig(hooks))
  writeFileSync(join(folder, "prometheus.yml"), prometheusConfig(port, target))
  writeFileSync(join(folder, "rules.yml"), rules)

  const start = (command: string, args: ReadonlyArray<string>, at: number) =>
    Effect.sync(() => spawn(command, args, { cwd: folder, stdio: "ignore" })).pipe(
      Effect.tap(() => ready(at)),
      Effect.orDie
    )
  const startManager = start(
    programs.alertmanager,
    [
      "--config.file=am.yml",
      "--storage.path=am",
      `--web.listen-address=127.0.0.1:${port}`,
      "--cluster.listen-address="
    ],
    port
  )
  let manager = yield* startManager
  yield* Effect.addFinalizer(() => Effect.suspend(() => ended(manager, "SIGKILL")))
  // Alertmanager takes an alert for over that it was not told of for four times the delay: long enough for a busy machine.
  const prometheus = yield* start(
    programs.prometheus,
    [
      ...["--config.file=prometheus.yml", "--storage.tsdb.path=data", "--rules.alert.resend-delay=3s"],
      `--web.listen-address=127.0.0.1:${prometheusPort}`
    ],
    prometheusPort
  )
  yield* Effect.addFinalizer(() =>
    Effect.suspend(() => {
      prometheus.kill("SIGCONT")
      return ended(prometheus, "SIGKILL")
    })
  )

  /** Waits until the alerts were asked for so many times more. */
  const asks = (times: number): Effect.Effect<void> =>
    Effect.suspend(() => {
      const wanted = asked + times
      return Effect.sync(() => asked >= wanted).pipe(
        Effect.repeat({ until: (done) => done, schedule: Schedule.spaced("20 millis") }),
        Effect.asVoid
      )
    })
  const call = (method: string, path: string, body?: unknown) =>
    Effect.promise(async () => {
      const headers = { "content-type": "application/json" }
      const response = await fetch(`http://127.0.0.1:${port}/api/v2/${path}`, {
        method,
        headers,
        ...(body === undefined ? {} : { body: JSON.stringify(body) })
      })
      const text = await response.text()
      if (!response.ok) throw new Error(`${response.status} ${text}`)
      return text === "" ? null : (JSON.parse(text) as unknown)
    })
  return {
    asks,
    setTarget: (isUp: boolean) =>
      Effect.sync(() => {
        up = isUp
      }),
    /** Restarts it; while Prometheus is held up, it knows of no alert. */
    restart: <A>(whileForgetful: Effect.Effect<A>) =>
      Effect.gen(function* () {
        prometheus.kill("SIGSTOP")
        yield* ended(manager, "SIGTERM")
        manager = yield* startManager
        const found = yield* whileForgetful
        prometheus.kill("SIGCONT")
        return found
      }),
    silence: (createdBy: string) =>
      Effect.map(
        call("POST", "silences", {
          matchers: [{ name: "alertname", value: "BarnDown", isRegex: false, isEqual: true }],
          startsAt: new Date().toISOString(),
          endsAt: new Date(Date.now() + 3_600_000).toISOString(),
          createdBy,
          comment: "looking at it"
        }),
        (answer) => (answer as { readonly silenceID: string }).silenceID
      ),
    unsilence: (id: string) => call("DELETE", `silence/${id}`)
  }
})
