/** Stands in for the audit worker: ends at its first piece of work. */
import { parentPort } from "node:worker_threads"

parentPort?.on("message", () => process.exit(3))
