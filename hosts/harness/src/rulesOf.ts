/** From the file to the rules of the policy: an agent's own word comes first, then its repository's, then the file's, then the default. */
import {
  actionsPerIssueDefault,
  type Caps,
  capsDefault,
  capsOfHarnessDefault,
  closeDelayDaysDefault,
  modesDefault,
  type TriageRules
} from "@farmops/triage/TriageRules"
import type { AgentAssignment, CapsEntry } from "./AgentEntry.ts"
import type { HarnessFile, RepositoryEntry } from "./HarnessFile.ts"

const microUsdPerUsd = 1_000_000

const capsOf = (entry: CapsEntry | undefined, fallback: Caps): Caps => {
  const usd = entry?.usd_per_day
  return {
    actionsPerHour: entry?.actions_per_hour ?? fallback.actionsPerHour,
    actionsPerDay: entry?.actions_per_day ?? fallback.actionsPerDay,
    closesPerDay: entry?.closes_per_day ?? fallback.closesPerDay,
    microUsdPerDay: usd === undefined ? fallback.microUsdPerDay : usd === null ? null : Math.round(usd * microUsdPerUsd)
  }
}

/** What `agent` may do in `repository`. The names come from `file`, so that two files never mix. */
export const rulesOf = (file: HarnessFile, repository: RepositoryEntry, agent: AgentAssignment): TriageRules => {
  const config = agent.config ?? {}
  return {
    repo: `${repository.owner}/${repository.name}`,
    botUser: file.identity.github_user,
    modes: { ...modesDefault, ...file.modes, ...repository.modes, ...config.modes },
    dryRun: file.dry_run ?? false,
    labels: config.labels ?? {},
    allowClose: config.allow_close ?? false,
    allowMaintainerIssues: config.allow_maintainer_issues ?? false,
    allowRepeatComments: config.allow_repeat_comments ?? false,
    exemptLabels: config.exempt_labels ?? [],
    staleExemptLabels: config.stale_exempt_labels ?? [],
    staleDays: config.stale_days ?? null,
    closeDelayDays: config.close_delay_days ?? closeDelayDaysDefault,
    actOnBacklog: config.act_on_backlog ?? false,
    escalateLabel: config.escalate_label ?? null,
    linkHosts: config.link_hosts ?? [],
    actionsPerIssue: config.actions_per_issue ?? actionsPerIssueDefault,
    caps: capsOf(repository.caps, capsDefault),
    capsOfHarness: capsOf(file.caps, capsOfHarnessDefault)
  }
}
