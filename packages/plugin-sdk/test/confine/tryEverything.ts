/** A program that tries what a plugin must not do, and prints what came of it as one line of JSON. */
import { execFileSync } from "node:child_process"
import { chmodSync, closeSync, openSync, readdirSync, readFileSync, writeFileSync } from "node:fs"
import { connect } from "node:net"
import { join } from "node:path"

const [, , key = "", outside = "", port = "0", inside = ""] = process.argv

const tries = (action: () => unknown): boolean => {
  try {
    action()
    return true
  } catch {
    return false
  }
}

const connects = (): Promise<boolean> =>
  new Promise((resolve) => {
    try {
      const socket = connect(Number(port), "127.0.0.1")
      socket.once("connect", () => resolve(true)).once("error", () => resolve(false))
    } catch {
      resolve(false)
    }
  })

const grown = (): number => {
  const held: Array<Buffer> = []
  const mib = 1024 * 1024
  try {
    for (let count = 0; count < 16; count++) held.push(Buffer.alloc(64 * mib, 1))
  } catch {
    // As much as there is.
  }
  return held.length * 64
}

const others = (): number =>
  readdirSync("/proc")
    .map(Number)
    .filter((pid) => Number.isInteger(pid) && pid !== process.pid).length

// Opened and never written.
const opensForWriting = (path: string) => tries(() => closeSync(openSync(path, "r+")))

const counted = (action: () => number): number => {
  try {
    return action()
  } catch {
    return 0
  }
}

process.stdout.write(
  `${JSON.stringify({
    readsHost: tries(() => readFileSync("/etc/passwd")),
    readsKey: tries(() => readFileSync(key)),
    writesOutside: tries(() => writeFileSync(join(outside, "here"), "x")),
    writesInside: tries(() => writeFileSync(join(inside, "here"), "x")),
    fillsDisk: tries(() => writeFileSync(join(inside, "large"), Buffer.alloc(32 * 1024 * 1024))),
    fillsScratch: tries(() => {
      const part = Buffer.alloc(12 * 1024 * 1024)
      for (const name of ["one", "two"]) writeFileSync(join(process.env.HOME ?? "", name), part)
    }),
    connects: await connects(),
    starts: tries(() => execFileSync("/usr/bin/true")),
    // To what it is for everybody.
    changesDevice: tries(() => chmodSync("/dev/null", 0o666)),
    changesItself: opensForWriting("/proc/self/oom_score_adj"),
    changesMachine: opensForWriting("/proc/sys/kernel/core_pattern"),
    seesProcesses: counted(others) > 5,
    sharedMemory: tries(() => writeFileSync("/dev/shm/here", "x")),
    token: process.env.TOKEN ?? null,
    variables: Object.keys(process.env).sort(),
    openFiles: Number(
      counted(() => Number(/open files +(\d+)/.exec(readFileSync("/proc/self/limits", "latin1"))?.[1]))
    ),
    mibOfMemory: counted(grown)
  })}\n`
)
process.exit(0)
