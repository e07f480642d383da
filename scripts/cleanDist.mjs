// Removes this package's dist: a module that was deleted must not be packed once more.
import { rmSync } from "node:fs"

rmSync("dist", { recursive: true, force: true })
