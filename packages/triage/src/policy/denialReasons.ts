/** Why an action is not done: a closed list, each with the sentence that a person reads in the log, in `status` and in a report. */

/** Stable codes; the log keeps them, so a code is never given another meaning. */
export const denialReasons = {
  mode_off: "the configuration turns this kind of action off",
  decision_skips: "the agent decided to skip the issue, and asked for actions beside it",
  decision_escalates: "the agent asked for a person; until one has looked nothing else is done",
  repeated: "an earlier action of the same decision is about the same thing",

  issue_changed: "somebody changed the issue after the agent saw it; it is looked at again",
  pull_request: "it is a pull request",
  issue_closed: "the issue is closed",
  issue_locked: "the issue is locked",
  issue_assigned: "somebody is assigned to the issue",
  issue_exempt: "the issue has a label that exempts it",
  hands_off: "a person opened the issue again after it was closed; it is left alone for good",
  author_unknown:
    "the issue's author is not known, so it cannot be told whether it is one of the repository's own people",
  author_is_bot: "a bot opened the issue",
  author_is_maintainer: "one of the repository's own people opened the issue, and allow_maintainer_issues is not set",
  suspected_injection: "the issue reads as if it addressed an agent; only labels are put on it",

  label_not_configured: "the label is not among those of the configuration",
  label_missing: "the repository has no such label, and none is ever made",
  label_not_ours: "somebody else put the label on",
  already_so: "the issue is that way already",

  comment_empty: "there is nothing in the comment",
  comment_within_24h:
    "a comment of this account stands there since less than 24 hours, and allow_repeat_comments is not set",
  said_in_notice: "the comment is posted together with the notice that the issue will be closed",

  close_not_allowed: "allow_close is not set",
  close_waits: "the notice has not stood long enough",
  close_vetoed_by_reply: "a person answered after the notice",
  close_vetoed_by_reaction: "a person gave the notice a 👎",
  close_notice_gone: "a person deleted the notice",

  cap_issue: "as much was done on this issue as may be done on one",
  cap_hour: "as much was done in this repository within an hour as may be done",
  cap_day: "as much was done in this repository within a day as may be done",
  cap_closes: "as many issues of this repository were closed within a day as may be closed",
  cap_money: "models cost this repository as much within a day as they may",
  cap_harness_hour: "as much was done in all repositories within an hour as may be done",
  cap_harness_day: "as much was done in all repositories within a day as may be done",
  cap_harness_closes: "as many issues of all repositories were closed within a day as may be closed",
  cap_harness_money: "models cost all repositories as much within a day as they may"
} as const

/** A key of {@link denialReasons}. */
export type DenialReason = keyof typeof denialReasons
