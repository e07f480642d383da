/** The secrets of this process's configuration, which no log line and no span may show. Provided as soon as they are read. */
import { Context, Layer, type Redacted } from "effect"

/** Nothing by default: forms of well-known tokens are scrubbed all the same. */
export const SecretsToScrub = Context.Reference<ReadonlyArray<Redacted.Redacted<string>>>(
  "@farmops/core/log/SecretsToScrub",
  { defaultValue: () => [] }
)

/** Provides {@link SecretsToScrub}. Around a whole program, or what is outside it logs without them. */
export const layerSecretsToScrub = (secrets: ReadonlyArray<Redacted.Redacted<string>>): Layer.Layer<never> =>
  Layer.succeed(SecretsToScrub, secrets)
