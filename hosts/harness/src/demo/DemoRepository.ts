/** One repository's issues in memory, with what GitHub remembers of each change. Numbers and ids are never used twice. */

/** Said under an issue. Times are GitHub's: whole seconds in UTC. */
export interface DemoComment {
  readonly id: number
  readonly issue: number
  readonly author: string
  readonly body: string
  readonly at: string
}

/** Something that happened to an issue. */
export interface DemoEvent {
  readonly id: number
  readonly event: "labeled" | "unlabeled" | "closed" | "reopened"
  readonly actor: string
  readonly at: string
  readonly label: string | null
}

/** An issue as it stands. */
export interface DemoIssue {
  readonly number: number
  readonly title: string
  readonly body: string
  readonly author: string
  readonly state: "open" | "closed"
  readonly stateReason: string | null
  readonly labels: ReadonlyArray<string>
  readonly comments: ReadonlyArray<DemoComment>
  readonly events: ReadonlyArray<DemoEvent>
  readonly createdAt: string
  readonly updatedAt: string
  readonly closedAt: string | null
}

/** Who is there, and what. */
export interface DemoSeed {
  readonly owner: string
  readonly name: string
  /** The account of the token. */
  readonly bot: string
  readonly labels: ReadonlyArray<string>
}

/** What an author gives. `at` is for an issue that was opened long ago. */
export interface NewIssue {
  readonly title: string
  readonly body: string
  readonly author: string
  readonly at?: string
}

/** A small demonstration ends far below it; beyond it the stand-in takes no more. */
const entriesMax = 1_000

/** Makes it; `now` is asked for the time of each change. */
export const makeDemoRepository = (seed: DemoSeed, now: () => string) => {
  const issues = new Map<number, DemoIssue>()
  let lastId = 100

  const nextId = (): number => {
    lastId += 1
    return lastId
  }

  const change = (number: number, part: (issue: DemoIssue) => Partial<DemoIssue>): DemoIssue | null => {
    const issue = issues.get(number)
    if (issue === undefined) return null
    const changed = { ...issue, updatedAt: now(), ...part(issue) }
    issues.set(number, changed)
    return changed
  }

  const eventBy = (actor: string, event: DemoEvent["event"], label: string | null = null): DemoEvent => ({
    id: nextId(),
    event,
    actor,
    at: now(),
    label
  })

  const findComment = (id: number): DemoComment | null =>
    [...issues.values()].flatMap(({ comments }) => comments).find((comment) => comment.id === id) ?? null

  return {
    seed,
    isFull: () => lastId >= entriesMax,
    all: (): ReadonlyArray<DemoIssue> => [...issues.values()],
    find: (number: number): DemoIssue | null => issues.get(number) ?? null,
    findComment,
    open: ({ at = now(), author, body, title }: NewIssue): DemoIssue => {
      const number = issues.size + 1
      const issue: DemoIssue = {
        ...{ number, title, body, author, state: "open", stateReason: null, labels: [], comments: [], events: [] },
        ...{ createdAt: at, updatedAt: at, closedAt: null }
      }
      issues.set(number, issue)
      return issue
    },
    comment: (number: number, author: string, body: string): DemoComment => {
      const comment = { id: nextId(), issue: number, author, body, at: now() }
      change(number, ({ comments }) => ({ comments: [...comments, comment] }))
      return comment
    },
    deleteComment: (id: number): boolean => {
      const found = findComment(id)
      if (found === null) return false
      change(found.issue, ({ comments }) => ({ comments: comments.filter((comment) => comment.id !== id) }))
      return true
    },
    addLabel: (number: number, actor: string, label: string): DemoIssue | null =>
      change(number, ({ events, labels }) =>
        labels.includes(label)
          ? {}
          : { labels: [...labels, label], events: [...events, eventBy(actor, "labeled", label)] }
      ),
    removeLabel: (number: number, actor: string, label: string): DemoIssue | null =>
      change(number, ({ events, labels }) => ({
        labels: labels.filter((name) => name !== label),
        events: [...events, eventBy(actor, "unlabeled", label)]
      })),
    setState: (number: number, actor: string, state: DemoIssue["state"], reason: string | null): DemoIssue | null =>
      change(number, ({ events }) => ({
        state,
        stateReason: reason,
        closedAt: state === "closed" ? now() : null,
        events: [...events, eventBy(actor, state === "closed" ? "closed" : "reopened")]
      }))
  } as const
}

/** What {@link makeDemoRepository} makes. */
export type DemoRepository = ReturnType<typeof makeDemoRepository>
