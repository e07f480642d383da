import { describe, expect, it } from "@effect/vitest"
import { Result, Schema } from "effect"
import { readAnswer } from "../../src/llm/readAnswer.ts"

const Milk = Schema.Struct({ litres: Schema.Int, from: Schema.Struct({ "a/b~c": Schema.String }) })

const good = '{"litres":3,"from":{"a/b~c":"Ada"}}'

const issuesOf = (text: string) => {
  const { value } = readAnswer(Milk, text)
  return Result.isFailure(value) ? value.failure : []
}

describe("reading an answer", () => {
  it("takes JSON as it is, with white space around it", () => {
    const { form, value } = readAnswer(Milk, `\n ${good} `)
    expect(form).toBe("json")
    expect(Result.isSuccess(value)).toBe(true)
  })

  it.each([`\`\`\`json\n${good}\n\`\`\``, `Sure!\n\`\`\`\n${good}\n\`\`\`\nAnything else?`])(
    "takes JSON out of a fence, and says so",
    (text) => {
      const { form, value } = readAnswer(Milk, text)
      expect(form).toBe("fenced")
      expect(Result.isSuccess(value)).toBe(true)
    }
  )

  it("does not stop at a fence inside the JSON's own text", () => {
    const inner = JSON.stringify({ litres: 3, from: { "a/b~c": "```\nx\n```" } }).replaceAll("\\n", "\\n")
    expect(readAnswer(Milk, `\`\`\`json\n${inner}\n\`\`\``).form).toBe("fenced")
  })

  it.each(["", "three litres", "{", "```json\n{\n```"])("finds none in %j", (text) => {
    expect(readAnswer(Milk, text).form).toBe("none")
    expect(issuesOf(text)).toMatchObject([{ pointer: "" }])
  })

  it("names every fault by a JSON pointer, a key too many among them, and never what it found", () => {
    const issues = issuesOf('{"litres":"secret","from":{"a/b~c":7},"mood":"secret"}')
    expect(issues.map(({ pointer }) => pointer).toSorted()).toEqual(["/from/a~1b~0c", "/litres", "/mood"])
    expect(JSON.stringify(issues)).not.toContain("secret")
  })

  it("tells of so many faults and no more, in short", () => {
    const many = Object.fromEntries(Array.from({ length: 100 }, (_, i) => [`${i}${"x".repeat(1_000)}`, 1]))
    const issues = issuesOf(JSON.stringify(many))
    expect(issues).toHaveLength(20)
    for (const { pointer } of issues) expect(pointer.length).toBeLessThanOrEqual(200)
  })
})
