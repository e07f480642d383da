/** The levels of `--log`, as people write them on a command line. */

/** From the word to the logger's own. */
export const logLevels = { debug: "Debug", info: "Info", warn: "Warn", error: "Error" } as const

/** Whether a word is one of {@link logLevels}. */
export const isLogLevel = (text: string): text is keyof typeof logLevels => Object.hasOwn(logLevels, text)
