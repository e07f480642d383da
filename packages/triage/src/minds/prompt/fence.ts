/** Marks where a stranger's words begin and end with a word that the stranger could not know. Pure. */

/** Around untrusted text. */
export type Fence = (name: string, text: string) => string

/**
 * The fence of one task. Its id is random and made after the text was written, so that no text can hold the mark; the same task
 * has the same fence, so that its prompt can be made again.
 */
export const fenceOf = (taskId: string): { readonly nonce: string; readonly fence: Fence } => {
  const nonce = taskId.replaceAll("-", "").toLowerCase()
  const fence: Fence = (name, text) =>
    [`<<<${name} ${nonce}`, text.replaceAll(new RegExp(nonce, "gi"), ""), `${name} ${nonce}>>>`].join("\n")
  return { nonce, fence }
}
