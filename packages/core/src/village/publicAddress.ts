/** Which IP addresses belong to the open internet. A village that strangers may write to connects to no other. */
import { BlockList, isIPv4, isIPv6 } from "node:net"

const closed4 = new BlockList()
// The IANA special-purpose registry, without what is globally reachable.
const closedRanges4 = [
  ["0.0.0.0", 8],
  ["10.0.0.0", 8],
  ["100.64.0.0", 10],
  ["127.0.0.0", 8],
  ["169.254.0.0", 16],
  ["172.16.0.0", 12],
  ["192.0.0.0", 24],
  ["192.0.2.0", 24],
  ["192.88.99.0", 24],
  ["192.168.0.0", 16],
  ["198.18.0.0", 15],
  ["198.51.100.0", 24],
  ["203.0.113.0", 24],
  ["224.0.0.0", 4],
  ["240.0.0.0", 4]
] as const
for (const [network, prefix] of closedRanges4) closed4.addSubnet(network, prefix)

const open6 = new BlockList()
open6.addSubnet("2000::", 3, "ipv6")

// Inside 2000::/3 and still not a host of the internet, or a wrapping of an IPv4 address that would escape the list above.
const closed6 = new BlockList()
const closedRanges6 = [
  ["2001::", 23],
  ["2001:db8::", 32],
  ["2002::", 16],
  ["3fff::", 20]
] as const
for (const [network, prefix] of closedRanges6) closed6.addSubnet(network, prefix, "ipv6")

/** False for private, loopback, link-local, reserved and wrapped addresses, and for whatever is not an address. */
export const isPublicAddress = (address: string): boolean => {
  if (isIPv4(address)) return !closed4.check(address)
  return isIPv6(address) && open6.check(address, "ipv6") && !closed6.check(address, "ipv6")
}
