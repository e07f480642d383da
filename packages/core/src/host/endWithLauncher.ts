/** The launcher that a host is started by passes signals on. When it is killed it cannot: its pipe closes, and that is the word. */

/** Ends this process as abruptly as its launcher did, so that nobody is left behind. Nothing happens without a launcher. */
export const endWithLauncher = (): void => {
  if (process.channel === undefined) return
  process.channel.unref()
  process.on("disconnect", () => process.kill(process.pid, "SIGKILL"))
}
