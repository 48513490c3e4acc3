/** What a token of a model costs, in 10^-12 units; undefined where LiteLLM has no price. */
export interface ModelPrice {
  readonly input?: bigint;
  readonly output?: bigint;
}

/** The models that the proxies of the tests have. */
export const MODELS: Readonly<Record<string, ModelPrice>> = {
  paid: { input: 1_250_000n, output: 10_000_000n },
  /** For round sums: only its output costs, 0.001 a token. */
  dear: { input: 0n, output: 1_000_000_000n },
  flaky: { input: 1_000_000n, output: 3_000_000n },
  /** Always fails; its fallback is `paid`. */
  broken: { input: 500_000n, output: 1_500_000n },
  /** Once `/v1/completions` was called, LiteLLM 1.108.7 says that its `/v1/responses` cost 0. */
  trapped: { input: 2_000_000n, output: 4_000_000n },
  embedding: { input: 20_000n },
  free: { input: 0n, output: 0n },
  unpriced: {},
  /** LiteLLM makes each call also of `dear`, and the client does not see that. */
  mirrored: { input: 1_250_000n, output: 10_000_000n },
};
const MIRROR = 'dear';

/** LiteLLM's settings: JSON is YAML. */
export function litellmConfig(upstreamPort: number, hasDatabase: boolean): string {
  return JSON.stringify({
    model_list: Object.entries(MODELS).map(([name, price]) => ({
      model_name: name,
      litellm_params: {
        model: `openai/${name}`,
        api_base: `http://127.0.0.1:${upstreamPort}/v1`,
        api_key: 'of-the-upstream',
        ...(price.input !== undefined && { input_cost_per_token: Number(price.input) / 1e12 }),
        ...(price.output !== undefined && { output_cost_per_token: Number(price.output) / 1e12 }),
        ...(name === 'mirrored' && { silent_model: MIRROR }),
      },
    })),
    router_settings: {
      num_retries: 2,
      disable_cooldowns: true,
      fallbacks: [{ broken: ['paid'] }],
    },
    litellm_settings: { callbacks: ['ledger_callback.ledger'] },
    general_settings: { master_key: MASTER_KEY, ...(hasDatabase && { proxy_batch_write_at: 1 }) },
  });
}

export const MASTER_KEY = 'sk-master-key-of-the-tests';

/** What the upstream bills for these tokens, in 10^-12 units. */
export function billed(
  model: string,
  { input, output }: { readonly input: number; readonly output: number },
): bigint {
  const price = MODELS[model]!;
  return (price.input ?? 0n) * BigInt(input) + (price.output ?? 0n) * BigInt(output);
}
