/**
 * The namespaces that a plugin runs in: no network, no process and no file of the host but the system's programs, its own
 * files and the folder of its socket. Nothing it can write to is larger than {@link scratchBytesMax}.
 */
import { existsSync, lstatSync, readlinkSync } from "node:fs"

/** Of each of the two folders that a plugin may write in besides its socket's: their memory is in nobody's resident set. */
export const scratchBytesMax = 16 * 1024 * 1024

/** The plugin's HOME inside: empty at each start. */
export const sandboxHome = "/home/plugin"

// /lib and its like are links into /usr on most systems and folders on the others.
const systemFolder = (path: string): ReadonlyArray<string> => {
  if (!existsSync(path)) return []
  return lstatSync(path).isSymbolicLink() ? ["--symlink", readlinkSync(path), path] : ["--ro-bind", path, path]
}

const systemFolders = ["/lib", "/lib32", "/lib64", "/bin"]
// Where the loader finds libraries outside of the usual folders, and Debian its alternatives. Neither names anything of the host.
const systemFiles = ["/etc/ld.so.cache", "/etc/alternatives"]
// Not `--dev`: that has a /dev/shm of half the machine's memory.
const devices = ["/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom"]

/**
 * Arguments of unshare(1), for root alone: whoever owns a device's file may change its mode, for the whole machine. In a mount
 * namespace around the sandbox they become read-only, which keeps nobody from writing to the device. Bubblewrap follows.
 */
export const aroundRoot: ReadonlyArray<string> = [
  ...["--user", "--map-root-user", "--mount", "--", "/bin/sh", "-c"],
  // The PATH around it is the plugin's.
  `(PATH=/usr/sbin:/usr/bin:/sbin:/bin; for each in ${devices.join(" ")}; do
    [ ! -e "$each" ] || { mount --bind "$each" "$each" && mount -o remount,bind,ro "$each"; } || exit 1
  done) || exit 1; exec "$@"`,
  "sh"
]

const size = ["--size", String(scratchBytesMax)]

/** What every sandbox begins with. Its root stays writable until `--remount-ro /`. */
const base: ReadonlyArray<string> = [
  // Required, not only tried as with --unshare-all alone.
  ...["--unshare-all", "--unshare-user", "--die-with-parent", "--new-session", "--cap-drop", "ALL"],
  ...["--hostname", "plugin", "--ro-bind", "/usr", "/usr"],
  ...systemFolders.flatMap(systemFolder),
  ...systemFiles.flatMap((path) => ["--ro-bind-try", path, path]),
  // Read-only: root without any capability is root still to the files of /proc, which set up the whole machine.
  ...["--proc", "/proc", "--remount-ro", "/proc"],
  ...devices.flatMap((path) => ["--dev-bind-try", path, path]),
  ...[...size, "--tmpfs", "/tmp", ...size, "--tmpfs", sandboxHome]
]

/** A sandbox with no program in it, to find out whether this machine can make one at all. */
export const bareSandbox: ReadonlyArray<string> = [...base, "--remount-ro", "/", "--"]

/** The sandbox of one plugin. The environment is the one that bubblewrap itself gets: a token is in no command line. */
export const sandbox = (
  readable: ReadonlyArray<string>,
  writable: string,
  cwd: string,
  path: string
): ReadonlyArray<string> => [
  ...base,
  ...readable.filter((file) => !file.startsWith("/usr/")).flatMap((file) => ["--ro-bind", file, file]),
  ...["--bind", writable, writable, "--remount-ro", "/"],
  ...["--setenv", "HOME", sandboxHome, "--setenv", "TMPDIR", "/tmp", "--setenv", "PATH", path],
  ...["--chdir", cwd, "--"]
]
