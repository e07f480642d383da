import { describe, expect, it } from "vitest"
import { bulkInstructionsMax, functionBytesMax } from "../../src/runtime/wasm/inspectCode.ts"
import { inspectModule } from "../../src/runtime/wasm/inspectModule.ts"
import { webAssembly } from "../../src/runtime/wasm/webAssembly.ts"
import { type Made, makeModule, signed } from "./makeModule.ts"

const limits = { memoryBytesMax: 32 * 1024 * 1024 }

// Compiled first: each of these is a module that the engine takes.
const faultOf = (made: Made): string | null => {
  const bytes = makeModule(made)
  return inspectModule(new webAssembly.Module(bytes), bytes, limits)
}

const repeated = (count: number, code: ReadonlyArray<number>) => Array.from({ length: count }, () => code).flat()

// `verify` with this before its answer of nothing.
const before = (...code: ReadonlyArray<number>): Made => ({ verify: [...code, 0x42, 0] })
const zero = [0x41, 0]
const type = "it has a type that WebAssembly 2.0 does not know"
const instruction = (code: string) => `it has an instruction that WebAssembly 2.0 does not know: ${code}`

describe("a module", () => {
  it.each<[string, Made, string]>([
    ["an array that the engine collects", { types: [[0x5e, 0x78, 1]] }, type],
    ["a structure", { types: [[0x5f, 1, 0x7f, 0]] }, type],
    ["types that name each other", { types: [[0x4e, 1, 0x60, 0, 0]] }, type],
    ["a type that may have subtypes", { types: [[0x50, 0, 0x60, 0, 0]] }, type],
    ["a reference to anything as a parameter", { types: [[0x60, 1, 0x6e, 0]] }, type],
    [
      "tags of exceptions",
      { tags: [1, 0, 3], types: [[0x60, 0, 0]] },
      "it has a section that WebAssembly 2.0 does not know: 13"
    ],
    [
      "a local of a reference to anything",
      { locals: [1, 1, 0x6e] },
      "it has a local of a type that WebAssembly 2.0 does not know"
    ],
    ["a call that does not return", { verify: [0x20, 0, 0x20, 1, 0x12, 2] }, instruction("0x12")],
    ["a block that catches", before(0x1f, 0x40, 0, 0x0b), instruction("0x1f")],
    ["a reference without a pointer", before(...zero, 0xfb, 0x1c, 0x1a), instruction("0xfb")],
    ["an atomic instruction", before(0xfe, 3, 0), instruction("0xfe")],
    ["a null of anything", before(0xd0, 0x6e, 0x1a), instruction("0xd0")],
    ["a block that leaves a reference to anything", before(0x02, 0x6e, 0x00, 0x0b, 0x1a), instruction("0x2")]
  ])("with %s does not start", (_, made, fault) => {
    expect(faultOf(made)).toBe(fault)
  })

  it("that fills its memory in more places than an engine would look for an end between does not start", () => {
    const fill = [...zero, ...zero, 0x41, ...signed(65_536n), 0xfc, 11, 0]
    expect(faultOf(before(...repeated(bulkInstructionsMax, fill)))).toBeNull()
    expect(faultOf(before(...repeated(bulkInstructionsMax + 1, fill)))).toMatch(
      /copies or fills in more than 128 places/
    )
  })

  it("with a function larger than an optimizer should see does not start", () => {
    const nop = 0x01
    const nops = (count: number): Made => ({ verify: [...Array<number>(count).fill(nop), 0x42, 0] })
    // Beside them the body has its locals, its answer and its end.
    expect(faultOf(nops(functionBytesMax - 4))).toBeNull()
    expect(faultOf(nops(functionBytesMax - 3))).toBe(`a function of it has more than ${functionBytesMax} bytes`)
  })

  it.each<[string, ReadonlyArray<number>]>([
    ["a table of jumps", [0x02, 0x40, ...zero, 0x0e, 2, 0, 0, 0, 0x0b]],
    ["a block of a type by its index", [...zero, 0x02, 0, 0x0b, 0x1a]],
    ["a choice between two of a type", [...zero, ...zero, ...zero, 0x1c, 1, 0x7f, 0x1a]],
    ["floating-point constants", [0x43, 0x0b, 0x0b, 0x0b, 0x0b, 0x1a, 0x44, 2, 2, 2, 2, 2, 2, 2, 2, 0x1a]],
    ["an extension of a sign, and a conversion that saturates", [...zero, 0xc0, 0x1a, 0x43, 0, 0, 0, 0, 0xfc, 0, 0x1a]],
    ["a null of a function", [0xd0, 0x70, 0xd1, 0x1a]],
    ["a copy within its memory", [...zero, ...zero, ...zero, 0xfc, 10, 0, 0]],
    [
      "a vector of constants, a shuffle and a lane",
      [
        ...[0xfd, 12, ...Array<number>(16).fill(0x0b), 0xfd, 12, ...Array<number>(16).fill(2)],
        ...[0xfd, 13, ...Array<number>(16).fill(0x0b), 0xfd, 21, 3, 0x1a]
      ]
    ],
    [
      "a vector from its memory",
      [...zero, 0xfd, 0, 4, 0, ...zero, 0xfd, 12, ...Array<number>(16).fill(0), 0xfd, 84, 0, 0, 3, 0x1a, 0x1a]
    ]
  ])("with %s starts", (_, code) => {
    // (i32) → i32 stands first among the types, as a block's index of 0.
    expect(faultOf(before(...code))).toBeNull()
    // Read over as long as it is: what stands behind it is seen as what it is.
    expect(faultOf(before(...code, 0xd0, 0x6e, 0x1a))).toBe(instruction("0xd0"))
  })
})
