/**
 * The descriptors besides 0, 1 and 2 with which this process was started and which every program that it starts would have too:
 * a file that somebody's shell has open is then open in a sandbox that cannot see it. What Node opens itself is never among them.
 */
import { closeSync, readdirSync, readFileSync } from "node:fs"

// O_CLOEXEC in /proc/PID/fdinfo/FD, which is octal.
const closesOnExec = 0o2000000
// Covering one costs a word for each below it.
const coveredMax = 4_096

const isPassedOn = (descriptor: number): boolean => {
  try {
    const flags = /^flags:\s*([0-7]+)/m.exec(readFileSync(`/proc/self/fdinfo/${descriptor}`, "latin1"))?.[1]
    return flags !== undefined && (Number.parseInt(flags, 8) & closesOnExec) === 0
  } catch {
    // It was the one that the folder was read with.
    return false
  }
}

const descriptors = (): ReadonlyArray<number> => {
  try {
    return readdirSync("/proc/self/fd").map(Number)
  } catch {
    // Elsewhere than on Linux the system passes on only what it is told to.
    return []
  }
}

const find = (): ReadonlyArray<number> => {
  const found = descriptors().filter((descriptor) => descriptor > 2 && isPassedOn(descriptor))
  for (const descriptor of found) if (descriptor > coveredMax) closeSync(descriptor)
  return found.filter((descriptor) => descriptor <= coveredMax)
}

let known: ReadonlyArray<number> | null = null

/** Looked for once: they come from whoever started this process. */
export const inheritedDescriptors = (): ReadonlyArray<number> => {
  known ??= find()
  return known
}
