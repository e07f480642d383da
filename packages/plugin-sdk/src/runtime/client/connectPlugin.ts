/**
 * Connects to a plugin's socket, and to nothing that a link in its place leads to: what is looked at is what is connected to.
 */
import { closeSync, constants, existsSync, fstatSync, lstatSync, openSync } from "node:fs"
import { connect, type Socket } from "node:net"

// From <fcntl.h>; Node does not name it. Such a descriptor stands for the file without opening it.
const pathOnly = 0o10000000

const connectByDescriptor = (path: string): Socket => {
  const file = openSync(path, pathOnly | constants.O_NOFOLLOW)
  try {
    if (!fstatSync(file).isSocket()) throw new Error("no socket")
    // The system call is made before this returns.
    return connect(`/proc/self/fd/${file}`)
  } finally {
    closeSync(file)
  }
}

const connectByPath = (path: string): Socket => {
  if (!lstatSync(path).isSocket()) throw new Error("no socket")
  return connect(path)
}

// No socket is ever reached with a slash behind its name, and the error still names it. It has to come from a connection:
// HTTP/2 waits for the outcome of one, and for ever on a socket that was never opened.
const failToConnect = (path: string): Socket => connect(`${path}/`)

const isLinux = existsSync("/proc/self/fd")

/** Where there is no socket, one that ends with an error. */
export const connectPlugin = (path: string): Socket => {
  try {
    return isLinux ? connectByDescriptor(path) : connectByPath(path)
  } catch {
    return failToConnect(path)
  }
}

/** Whether a socket itself lies there, made by this user where `isOurs`. */
export const isSocket = (path: string, isOurs: boolean): boolean => {
  try {
    const found = lstatSync(path)
    return found.isSocket() && (!isOurs || found.uid === process.getuid?.())
  } catch {
    // None there yet, or its plugin keeps even us from its folder.
    return false
  }
}
