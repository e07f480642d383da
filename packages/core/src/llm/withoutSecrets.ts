/** What is sent to a provider stays with it: people paste tokens into reports, and those go no further. Pure. */
import { scrubSecrets } from "../log/scrubSecrets.ts"

/** A text for a prompt, without what has the form of a secret. */
export const withoutSecrets = (text: string): string => scrubSecrets(text)
