/** Where each provider answers, unless somebody says otherwise. */

/** Without a path: each layer adds its own. */
export const providerUrls = { anthropic: "https://api.anthropic.com", ollama: "http://127.0.0.1:11434" } as const
