/**
 * Leaves the words of messages alone: no program reads them, and a test that repeats a sentence only makes it harder to
 * improve. Codes, paths, labels, file names and everything else that is compared or stored is mutated.
 */

interface Node {
  readonly type: string
  readonly [key: string]: unknown
}

interface NodePath {
  readonly node: Node
  readonly parent: Node | null
  readonly parentPath: NodePath | null
}

/** Properties and variables that hold words for people, and functions that take such words as arguments. */
const textNames = new Set(["detail", "message", "advice"])
const textTakers = /^(?:refuse|fault|wrongParent|[A-Za-z]*Error)$/

const asNode = (value: unknown): Node | null =>
  typeof value === "object" && value !== null && "type" in value ? (value as Node) : null

/** `a` of `a`, `b` of `x.a.b`. */
const nameOf = (value: unknown): string => {
  const node = asNode(value)
  if (node?.type === "Identifier") return String(node.name)
  return node?.type === "MemberExpression" ? nameOf(node.property) : ""
}

const textOf = (node: Node): string | null => {
  if (node.type === "StringLiteral") return String(node.value)
  if (node.type !== "TemplateLiteral") return null
  const parts = node.quasis as ReadonlyArray<{ readonly value: { readonly raw: string } }>
  return parts.map(({ value }) => value.raw).join("…")
}

/** The reason to leave a node alone, or undefined. */
export const shouldIgnore = ({ node, parent, parentPath }: NodePath): string | undefined => {
  const text = textOf(node)
  if (text === null || parent === null) return undefined
  if (parent.type === "CallExpression" || parent.type === "NewExpression") {
    const callee = nameOf(parent.callee)
    if (textTakers.test(callee) && text.includes(" ")) return "words of a message"
    if (callee === "fn" || callee === "withSpan") return "name of a trace's span"
    if (asNode(parent.callee)?.type === "CallExpression" && text.startsWith("@farmops/")) return "name of a service"
  }
  const named = parentPath?.node
  if (named?.type === "ObjectProperty" && named.value === node && textNames.has(nameOf(named.key))) {
    return "words of a message"
  }
  return named?.type === "VariableDeclarator" && textNames.has(nameOf(named.id)) ? "words of a message" : undefined
}
