/** By what a remote address is counted. */
import { isIPv4, isIPv6 } from "node:net"

const groupsOf = (text: string): ReadonlyArray<string> => (text === "" ? [] : text.split(":"))

/** The address itself; of IPv6 the network (/64), since its holder has all of the addresses in it. Null on this machine. */
export const addressBucket = (address: string): string | null => {
  const plain = address.replace(/^::ffff:(?=\d+\.)/i, "").replace(/%.*$/, "")
  if (isIPv4(plain)) return plain.startsWith("127.") ? null : plain
  if (!isIPv6(plain)) return "unknown"
  if (plain === "::1") return null
  const [before = "", after] = plain.split("::")
  const head = groupsOf(before)
  const tail = after === undefined ? [] : groupsOf(after)
  const zeros = Array.from({ length: Math.max(8 - head.length - tail.length, 0) }, () => "0")
  const network = [...head, ...(after === undefined ? [] : zeros), ...tail].slice(0, 4)
  return `${network.map((group) => Number.parseInt(group, 16).toString(16)).join(":")}::/64`
}
