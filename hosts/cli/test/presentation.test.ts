import { describe, expect, it } from "vitest"
import { drawTable, printable } from "../src/drawTable.ts"
import { helpArguments } from "../src/farmopsCommand.ts"
import { explainScore } from "../src/proofs.ts"
import { BackfillProgress, drawBar } from "../src/up/BackfillProgress.ts"

describe("a table", () => {
  it("puts numbers to the right and cuts at the terminal's edge", () => {
    const table = drawTable(
      ["n", "what"],
      [
        [5, "short"],
        [1234, "a very long description"]
      ],
      16
    )
    expect(table).toBe("    n  what\n    5  short\n1,234  a very l…")
  })
  it("lets no control character through to the terminal", () => {
    expect(printable("a\u001b[31mb\u202ec\r\n")).toBe("a?[31mb?c??")
  })
})

describe("backfill progress", () => {
  it("says each tenth once where there is no terminal", () => {
    const progress = new BackfillProgress({ terminal: false })
    const said = Array.from({ length: 101 }, (_, done) => progress.report(done, 100)).filter((text) => text !== null)
    expect(said).toHaveLength(11)
    expect(said.at(-1)).toBe("growing  100%  100/100\n")
  })
  it("is full only when all is done", () => {
    expect(drawBar(999, 1000)).toContain("99%")
    expect(drawBar(999, 1000)).toContain("░")
    expect(drawBar(1000, 1000)).not.toContain("░")
  })
  it("redraws nothing that did not change, and clears its line", () => {
    const progress = new BackfillProgress({ terminal: true })
    expect(progress.end()).toBe("")
    expect(progress.report(1, 10)).toContain("1/10")
    expect(progress.report(1, 10)).toBeNull()
    expect(progress.end()).not.toBe("")
  })
  it("is silent when there is nothing to do", () => {
    expect(new BackfillProgress({ terminal: true }).report(0, 0)).toBeNull()
  })
})

describe("the words of the command", () => {
  it("reads `help proof` as `proof --help`", () => {
    expect(helpArguments(["help", "proof"])).toEqual(["proof", "--help"])
    expect(helpArguments(["proof", "help"])).toEqual(["proof", "help"])
  })
  it("shows each factor of a reward", () => {
    const lines = explainScore({
      base: 10,
      complexity: 1250,
      impact: 1000,
      streak: 1000,
      upgrade: 1000,
      fatigue: 500,
      coins: 6,
      reason: null
    })
    expect(lines).toContain("complexity  × 1.250")
    expect(lines).toContain("fatigue     × 0.500")
    expect(lines.at(-1)).toBe("coins       6")
  })
})
