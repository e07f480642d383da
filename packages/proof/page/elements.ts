/** The places of the page that the script fills. Text enters them as text, never as markup: a file is written by others. */

/** The element with this id; the template has it. */
export const place = <A extends HTMLElement>(id: string, type: { new (): A; readonly name: string }): A => {
  const found = document.getElementById(id)
  if (found instanceof type) return found
  throw new Error(`the page has no ${type.name} with the id ${id}`)
}

/** An element around texts and other elements. */
export const element = (name: string, ...children: ReadonlyArray<string | HTMLElement>): HTMLElement => {
  const made = document.createElement(name)
  made.append(...children)
  return made
}
