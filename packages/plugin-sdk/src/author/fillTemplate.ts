/** Turns a published template into a description: the only way in which a number of the observation gets into a proof's text. */

/** Fills each `{slot}` with its number. Throws where one is missing, negative or not whole: an author's slip shows at once. */
export const fillTemplate = (template: string, numbers: Readonly<Record<string, number>>): string =>
  template.replace(/\{([a-z_]+)\}/g, (_, slot: string) => {
    const number = numbers[slot]
    if (number === undefined || !Number.isSafeInteger(number) || number < 0) {
      throw new RangeError(`the template's {${slot}} needs a whole number`)
    }
    return String(number)
  })
