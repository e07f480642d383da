/** Shares as people read them. */

/** `0.873`; `-` where there is nothing to have a share of. */
export const share = (value: number | null): string => (value === null ? "-" : value.toFixed(3))

/** `87 %`; `-` where there is nothing to have a share of. */
export const percent = (value: number | null): string => (value === null ? "-" : `${Math.round(value * 100)} %`)
