/** Tells machines from people by how they sign their commits. */

// A name that a service signs with, alone or with more behind it. A person's private address at GitHub has none of them.
const services = [
  "dependabot",
  "renovate",
  "greenkeeper",
  "snyk-bot",
  "github-actions",
  "gitlab-bot",
  "pre-commit-ci",
  "semantic-release-bot",
  "release-please",
  "allcontributors",
  "mergify",
  "copilot-swe-agent"
]

const botMark = /\[bot\]/i
const service = new RegExp(`^(?:\\d+\\+)?(?:${services.join("|")})(?![a-z])`, "i")

/** Whether a commit's author is a machine: marked `[bot]`, one of the well-known services, or one that the owner listed. */
export const isBot = (
  author: { readonly email: string; readonly name: string },
  listed: ReadonlyArray<string>
): boolean =>
  [author.email, author.name].some(
    (who) =>
      botMark.test(who) || service.test(who) || listed.some((bot) => bot.trim().toLowerCase() === who.toLowerCase())
  )
