import { afterEach, beforeEach, describe, expect, it, vi } from "vitest"
import { makeCallDeadlines } from "../../src/runtime/client/callDeadlines.ts"

beforeEach(() => void vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] }))
afterEach(() => void vi.useRealTimers())

const makeCalls = () => {
  const deadlines = makeCallDeadlines()
  const expired: Array<string> = []
  const call = (name: string, inMs: number, expire = () => {}) => {
    const deadline = {
      atMs: performance.now() + inMs,
      expire: () => {
        expired.push(name)
        expire()
      }
    }
    deadlines.add(deadline)
    return () => deadlines.remove(deadline)
  }
  return { call, deadlines, expired }
}

describe("the deadlines of calls", () => {
  it("pass in their order, whatever the order of the calls", () => {
    const { call, deadlines, expired } = makeCalls()
    call("late", 300)
    call("soon", 100)
    call("between", 200)
    vi.advanceTimersByTime(99)
    expect(expired).toEqual([])
    vi.advanceTimersByTime(1)
    expect(expired).toEqual(["soon"])
    vi.advanceTimersByTime(200)
    expect(expired).toEqual(["soon", "between", "late"])
    expect(deadlines.waiting()).toBe(0)
  })

  it("pass once for all calls whose time has come, and not for one that was answered", () => {
    const { call, deadlines, expired } = makeCalls()
    const answered = call("answered", 100)
    call("first", 100)
    call("second", 100)
    answered()
    expect(deadlines.waiting()).toBe(2)
    vi.advanceTimersByTime(1_000)
    expect(expired).toEqual(["first", "second"])
  })

  it("are kept for calls that begin while the timer of one that is gone still runs", () => {
    const { call, expired } = makeCalls()
    call("gone", 100)()
    vi.advanceTimersByTime(50)
    call("begun later", 100)
    vi.advanceTimersByTime(99)
    expect(expired).toEqual([])
    vi.advanceTimersByTime(1)
    expect(expired).toEqual(["begun later"])
  })

  it("are kept for a call that an expired one begins", () => {
    const { call, expired } = makeCalls()
    call("first", 100, () => void call("again", 50))
    call("long", 500)
    vi.advanceTimersByTime(150)
    expect(expired).toEqual(["first", "again"])
    vi.advanceTimersByTime(350)
    expect(expired).toEqual(["first", "again", "long"])
  })

  it("do not pass for a call that another's end removes at the same moment", () => {
    const { call, expired } = makeCalls()
    let endOther = () => {}
    call("first", 100, () => endOther())
    endOther = call("other", 100)
    vi.advanceTimersByTime(200)
    expect(expired).toEqual(["first"])
  })

  it("take one timer for all", () => {
    const { call } = makeCalls()
    for (let at = 0; at < 100; at++) call(`${at}`, 100 + at)
    expect(vi.getTimerCount()).toBe(1)
  })
})

describe("a process with calls", () => {
  it("ends when none waits, and not before", async () => {
    vi.useRealTimers()
    // Node counts only the timers that hold it.
    const held = () => process.getActiveResourcesInfo().filter((name) => name === "Timeout").length
    const before = held()
    const { call } = makeCalls()
    const first = call("first", 60_000)
    const second = call("second", 60_000)
    expect(held()).toBe(before + 1)
    first()
    expect(held()).toBe(before + 1)
    second()
    expect(held()).toBe(before)
    const third = call("third", 60_000)
    expect(held()).toBe(before + 1)
    third()
  })
})
