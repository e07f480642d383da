/** A git repository in which everything that could give a person or a project away holds a marker that is easy to find. */
import { execFileSync } from "node:child_process"
import { mkdirSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"

/** Marker strings that occur nowhere else, by where they are planted. */
export const markers = {
  message: "MARKmessage7f3a",
  body: "MARKbody7f3b",
  path: "MARKpath7f3c",
  content: "MARKcontent7f3d",
  author: "MARKauthor7f3e",
  email: "markemail7f3f",
  branch: "MARKbranch7f40",
  tag: "MARKtag7f41",
  remote: "MARKremote7f42",
  folder: "MARKfolder7f43"
} as const

export const authorEmail = `${markers.email}@corp.example.org`

/** A linear history with a merge and a tag; gives the full hash of every commit. */
export const makeMarkedRepository = (
  parent: string,
  commits: number
): { path: string; hashes: ReadonlyArray<string> } => {
  const path = join(parent, markers.folder)
  mkdirSync(path, { recursive: true })
  const now = Math.floor(Date.now() / 1000)
  const git = (at: number, ...args: ReadonlyArray<string>) =>
    execFileSync("git", ["-C", path, ...args], {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "pipe"],
      env: {
        PATH: process.env.PATH,
        HOME: "/nonexistent",
        GIT_CONFIG_NOSYSTEM: "1",
        GIT_CONFIG_GLOBAL: "/dev/null",
        GIT_AUTHOR_DATE: `${at} +0000`,
        GIT_COMMITTER_DATE: `${at} +0000`
      }
    })
  git(now, "init", "--quiet", `--initial-branch=${markers.branch}`)
  git(now, "config", "user.name", `${markers.author} Surname`)
  git(now, "config", "user.email", authorEmail)
  git(now, "remote", "add", "origin", `https://git.example.org/${markers.remote}.git`)
  const commit = (at: number, file: string, message: string) => {
    mkdirSync(dirname(join(path, file)), { recursive: true })
    writeFileSync(join(path, file), `${markers.content} ${at}\n`)
    git(at, "add", ".")
    git(at, "commit", "--quiet", "-m", `${markers.message} ${message}`, "-m", markers.body)
  }
  for (let i = 0; i < commits; i++) {
    commit(now - (commits - i) * 4000, `${markers.path}/${i % 2 === 0 ? "src" : "deploy"}/file-${i}.ts`, `change ${i}`)
  }
  git(now - 3000, "switch", "--quiet", "-c", `${markers.branch}-side`)
  commit(now - 3000, `${markers.path}/side.yaml`, "side")
  git(now - 2000, "switch", "--quiet", markers.branch)
  git(now - 2000, "merge", "--quiet", "--no-ff", "-m", `${markers.message} merge`, `${markers.branch}-side`)
  git(now - 1000, "tag", "-a", "-m", markers.message, markers.tag)
  return { path, hashes: git(now, "rev-list", "HEAD").trim().split("\n") }
}
