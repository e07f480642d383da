/**
 * Looks for signs that an issue speaks to a machine rather than to people. Pure. A sign is no proof: people quote such texts and report
 * them as bugs, so all that follows from one is more care. It accuses nobody, refuses nothing and closes nothing.
 */
import { withoutHidden } from "./protocol/hiddenCharacters.ts"

/** What was seen, as codes for the log. */
export const injectionSigns = {
  ignores_instructions: "asks to forget or to override instructions",
  speaks_to_agent: "addresses an agent, a bot, a model or its system",
  claims_authority: "claims to speak for the maintainers, the system or an operator",
  dictates_action: "tells whoever reads it which label, comment or closing to give",
  asks_for_secret: "asks for a token, a key, an environment or a prompt",
  imitates_markup: "imitates the marks between the parts of a prompt or of our own comments",
  hidden_text: "holds text that a reader does not see",
  encoded_text: "holds a long piece of encoded text beside a request to decode it"
} as const

/** A key of {@link injectionSigns}. */
export type InjectionSign = keyof typeof injectionSigns

const agents =
  "(?:ai|a\\.i\\.|llm|gpt|claude|gemini|copilot|agent|assistant|bot|chat ?bot|language model|ai model|triager?)"

const patterns: ReadonlyArray<readonly [InjectionSign, RegExp]> = [
  [
    "ignores_instructions",
    /\b(?:ignore|disregard|forget|override|overrule|bypass|drop|skip|discard)\b.{0,40}\b(?:previous|prior|above|earlier|preceding|former|all|any|your|the|system|original)\b.{0,40}\b(?:instructions?|prompts?|rules?|context|directions?|guidelines?|polic(?:y|ies)|constraints?)\b/
  ],
  ["ignores_instructions", /\b(?:new|updated|real|actual) (?:instructions?|system prompt|rules?|task)\b\s*[:;-]/],
  [
    "ignores_instructions",
    /\byou (?:are|have) now\b|\bfrom now on,? you\b|\bact as (?:if|an?|the)\b|\bpretend (?:to be|you)\b|\b(?:developer|dan|god|debug|admin) mode\b/
  ],
  [
    "ignores_instructions",
    /\b(?:ignoriere|vergiss)\b.{0,60}\b(?:anweisungen|regeln)\b|\b(?:ignora|olvida|ignorez|oubliez)\b.{0,60}\b(?:instruc\w*|regl\w*)\b|忽略.{0,20}(?:指令|指示|提示)|игнорир\w*.{0,60}инструкц/
  ],
  [
    "speaks_to_agent",
    new RegExp(
      `\\b(?:note|message|notice|instructions?|attention|dear|hey|hi|hello|to|for)\\b[\\s:,*_-]{0,4}(?:(?:all|any|the|this|our|your|triage|github|automated|issue)\\s+){0,3}${agents}s?\\b`
    )
  ],
  [
    "speaks_to_agent",
    new RegExp(`\\b(?:as|if you(?:'re| are)|you are|you're) (?:an?|the|this) (?:\\w+ ){0,2}${agents}\\b`)
  ],
  ["speaks_to_agent", /\bsystem[ _-]?(?:note|message|prompt|override|instruction|notice|update)\b/],
  [
    "claims_authority",
    /\b(?:i am|i'm|this is|we are|speaking as|on behalf of|approved by|authori[sz]ed by|signed off by|message from)\b.{0,30}\b(?:the )?(?:repo(?:sitory)? )?(?:maintainers?|owners?|admins?|administrators?|operators?|security team|github (?:staff|support|security)|anthropic|openai|core team|system)\b/
  ],
  [
    "dictates_action",
    /\b(?:you must|please|must|should|need to|have to|immediately|now|then|always|do)\b[^.!?]{0,40}\b(?:close|label|assign|merge|approve|lock|delete|reopen|tag|mark|comment|post|reply|respond|answer|write|mention|ping|escalate|transfer)\b[^.!?]{0,60}\b(?:issues?|label(?:led|s)?|as|with|comment|verbatim|exactly|following|everyone|maintainers?|p0|critical|urgent|wontfix|not planned|duplicate|link)\b/
  ],
  [
    "dictates_action",
    /"(?:type|verdict|decision|actions?|labels?)"\s*:\s*[["]?\s*"?(?:add_label|remove_label|comment|close|label_and_respond|escalate|skip)?/
  ],
  [
    "dictates_action",
    /\b(?:say|repeat|reply|respond|answer|comment|write)\b(?: with| by)?(?: after me|:? ["'!]|: |: ?\n| that it duplicates| in the comment)|\btell everyone\b/
  ],
  [
    "asks_for_secret",
    /\b(?:print|reveal|show|output|repeat|leak|post|send|tell|paste|echo|dump|include|give)\b.{0,60}\b(?:(?:system|initial|hidden) prompt|your (?:instructions|prompt|rules)|github_token|api[ _-]?keys?|secrets?|env(?:ironment)?(?: variables?)?|credentials?|process\.env|\.env)\b/
  ],
  [
    "imitates_markup",
    /<\/?(?:system|assistant|user|human|instructions?|admin|tool_(?:call|result)|function_calls?|untrusted|issue|body|title)\b[^<>]{0,200}>|\[\/?(?:inst|system|assistant)\]|<\|[a-z_]+\|>|(?:^#{0,6}\s*|["'])(?:system|assistant|human|user)\s*:|<<<|>>>\s*$|(?<!-)-{3,80} ?(?:begin|end|system|user|assistant)\b/m
  ],
  ["imitates_markup", /<!--\s*(?:farmops|foreman|gh-aw)/],
  [
    "encoded_text",
    /\b(?:decode|decoded|decrypt|unscramble)\b.{0,30}\b(?:base ?64|rot13|hex|this|it|following|below|encoded)\b/
  ]
]

// A template's own comments are instructions to the reporter; one that says more than these is not.
const htmlComments = /<!--([\s\S]*?)(?:-->|$)/g

const tagCharacters = /[\u{e0000}-\u{e007f}\u202a-\u202e\u2066-\u2069]/u

const zeroWidthRuns = /(?:[\u200b-\u200f\u2060-\u2064\ufeff]\W?){3,}/u

const invisibleHtml =
  /<[^<>]{1,300}\b(?:hidden|display\s*:\s*none|font-size\s*:\s*0|opacity\s*:\s*0|color\s*:\s*(?:#fff|white|transparent))/i

const numericEntities = /&#(?:(\d{1,7})|x([0-9a-f]{1,6}));/gi

const withoutEntities = (text: string): string =>
  text.replace(numericEntities, (_, decimal?: string, hex?: string) => {
    const point = decimal === undefined ? Number.parseInt(hex ?? "0", 16) : Number(decimal)
    return point <= 0x10ffff ? String.fromCodePoint(point) : ""
  })

// Letters in another width, with marks on them or spelled as entities are the letters that they look like.
const plain = (text: string): string =>
  withoutHidden(withoutEntities(text).normalize("NFKD")).replace(/\p{M}/gu, "").toLowerCase().replace(/[’`]/g, "'")

const longRun = /[a-z0-9+/=]{60}/

/** What is looked at, at most. */
const charactersMax = 70_000

const signsIn = (text: string): ReadonlyArray<InjectionSign> => {
  const words = plain(text).replace(/[ \t]+/g, " ")
  // A line's end between two words is a blank; marks stand at the beginning of a line.
  const flat = words.replace(/\s+/g, " ")
  const found = patterns.filter(([, pattern]) => pattern.test(flat) || pattern.test(words)).map(([sign]) => sign)
  return longRun.test(flat) ? found : found.filter((sign) => sign !== "encoded_text")
}

const hidesText = (text: string): boolean => {
  if (tagCharacters.test(text) || zeroWidthRuns.test(text) || invisibleHtml.test(text)) return true
  return [...text.matchAll(htmlComments)].some(([, comment = ""]) => signsIn(comment).length > 0)
}

/** The signs in the texts of one issue (title, body, comments), each once; empty for nearly every honest one. */
export const detectInjection = (texts: ReadonlyArray<string | null>): ReadonlyArray<InjectionSign> => {
  const found = new Set<InjectionSign>()
  for (const text of texts) {
    const bounded = (text ?? "").slice(0, charactersMax)
    for (const sign of signsIn(bounded)) found.add(sign)
    if (hidesText(bounded)) found.add("hidden_text")
  }
  return [...found].toSorted()
}
