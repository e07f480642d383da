/** How well-known secrets look: what a log is scrubbed of, and what no file of a repository may hold. Imports nothing. */

/** Forms of well-known secrets, each with the name by which a finding is told. The first group of a form is kept. */
export const secretForms: ReadonlyArray<{ readonly name: string; readonly form: RegExp }> = [
  {
    name: "private key",
    // Also inside a JSON string, where its line ends are escaped.
    form: /()-----BEGIN [A-Z ]{0,30}PRIVATE KEY(?: BLOCK)?-----(?:[A-Za-z0-9+/=:,.\s-]|\\[nr])*/g
  },
  { name: "GitHub token", form: /()(?<![A-Za-z0-9])(?:gh[opsur]_[A-Za-z0-9_]{16,}|github_pat_[A-Za-z0-9_]{16,})/g },
  { name: "Anthropic key", form: /()sk-ant-[A-Za-z0-9_-]{8,}/g },
  { name: "API key", form: /()(?<![A-Za-z0-9])sk-(?:[a-z]+-)?[A-Za-z0-9_]{20,}/g },
  { name: "AWS access key", form: /()(?<![A-Z0-9])A(?:KIA|SIA)[A-Z0-9]{16}(?![A-Z0-9])/g },
  { name: "GitLab token", form: /()(?<![A-Za-z0-9])glpat-[A-Za-z0-9_-]{20,}/g },
  { name: "npm token", form: /()(?<![A-Za-z0-9])npm_[A-Za-z0-9]{36}/g },
  { name: "Slack token", form: /()(?<![A-Za-z0-9])xox[abeoprs]-[A-Za-z0-9-]{10,}/g },
  { name: "JSON web token", form: /()(?<![A-Za-z0-9])eyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]*/g },
  {
    name: "authorization",
    form: /((?<![A-Za-z])(?:Bearer|Basic|token)\s+)(?=[^\s]*[0-9._=-])[A-Za-z0-9._~+/=-]{16,}/gi
  },
  {
    name: "password in an address",
    form: /((?<![A-Za-z])[a-z][a-z0-9+.-]{1,20}:\/\/)[^\s/@:"'\\]{0,200}:[^\s/@"'\\]{1,200}(?=@)/gi
  }
]
