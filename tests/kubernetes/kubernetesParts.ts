/** Where the API server's programs are, for the tests and for CI; both say the same command when they are not there. */
import { existsSync } from "node:fs"
import { homedir } from "node:os"
import { join } from "node:path"

/** Outside of the checkout, so that a fresh clone need not build them again. */
export const kubernetesFolder = join(
  process.env.XDG_CACHE_HOME || join(homedir(), ".cache"),
  "farmops-parts",
  "kubernetes-1.20.2"
)

/** Each program by the name that the tests use. */
export const kubernetesPrograms = {
  apiserver: join(kubernetesFolder, "kube-apiserver"),
  controllers: join(kubernetesFolder, "kube-controller-manager"),
  etcd: "/usr/bin/etcd",
  openssl: "/usr/bin/openssl"
} as const

/** The command that makes what is missing; about six minutes, once. */
export const kubernetesBuild = "scripts/kubernetes/build.sh"

/** What is missing now, and how to make it; null where everything is there. CI makes it between two looks. */
export const findKubernetesMissing = (): string | null => {
  const missing = Object.values(kubernetesPrograms).filter((file) => !existsSync(file))
  return missing.length === 0 ? null : `missing ${missing.join(", ")}; as root, on Debian 12, run: ${kubernetesBuild}`
}

/** What was missing when the tests began. */
export const kubernetesMissing = findKubernetesMissing()
