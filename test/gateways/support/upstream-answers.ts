/** How the upstream answers a call; the call's body asks for it in its member `_`. */
export interface Wanted {
  readonly status?: number;
  /** The model that the answer names; else the one that was asked for. */
  readonly model?: string;
  /** Tokens; input includes cached and written ones, output the reasoning. */
  readonly input?: number;
  readonly output?: number;
  readonly cached?: number;
  readonly written?: number;
  readonly reasoning?: number;
  /** Says no usage, as an upstream does that does not count. */
  readonly isMute?: boolean;
  readonly dialect?: 'openai' | 'anthropic' | 'responses';
  /** So many characters stand in the answer. */
  readonly padding?: number;
  readonly isGzipped?: boolean;
  /** How many chunks a stream has before its end. */
  readonly chunks?: number;
  /** Breaks the connection off after so many chunks. */
  readonly cutAfter?: number;
  /** Waits with the rest, after so many chunks, until `resume()`. */
  readonly holdAfter?: number;
}

export interface Body {
  readonly model?: string;
  readonly stream?: boolean;
  readonly stream_options?: { readonly include_usage?: boolean };
  readonly _?: Wanted;
}

const modelOf = (body: Body, wanted: Wanted): string => wanted.model ?? body.model ?? 'model';

function usageOf({
  input = 10,
  output = 5,
  cached = 0,
  written = 0,
  reasoning = 0,
  dialect,
}: Wanted) {
  switch (dialect) {
    case 'anthropic':
      return {
        input_tokens: input - cached - written,
        cache_read_input_tokens: cached,
        cache_creation_input_tokens: written,
        output_tokens: output,
      };
    case 'responses':
      return {
        input_tokens: input,
        input_tokens_details: { cached_tokens: cached },
        output_tokens: output,
        output_tokens_details: { reasoning_tokens: reasoning },
        total_tokens: input + output,
      };
    default:
      return {
        prompt_tokens: input,
        prompt_tokens_details: { cached_tokens: cached },
        completion_tokens: output,
        completion_tokens_details: { reasoning_tokens: reasoning },
        total_tokens: input + output,
      };
  }
}

export function wholeAnswer(body: Body, wanted: Wanted): object {
  const model = modelOf(body, wanted);
  const text = 'x'.repeat(wanted.padding ?? 2);
  const usage = wanted.isMute === true ? {} : { usage: usageOf(wanted) };
  switch (wanted.dialect) {
    case 'anthropic':
      return {
        type: 'message',
        role: 'assistant',
        content: [{ type: 'text', text }],
        model,
        ...usage,
      };
    case 'responses':
      return {
        object: 'response',
        output: [{ type: 'message', content: [{ text }] }],
        model,
        ...usage,
      };
    default:
      return {
        object: 'chat.completion',
        choices: [
          { index: 0, message: { role: 'assistant', content: text }, finish_reason: 'stop' },
        ],
        model,
        ...usage,
      };
  }
}

interface Events {
  readonly first: readonly string[];
  readonly chunk: (at: number) => string;
  readonly last: readonly string[];
}

export function eventsOf(body: Body, wanted: Wanted): Events {
  const model = modelOf(body, wanted);
  const usage = usageOf(wanted);
  switch (wanted.dialect) {
    case 'anthropic': {
      const { output_tokens, ...start } = usage as { output_tokens: number };
      return {
        first: [
          named('message_start', { message: { model, usage: { ...start, output_tokens: 1 } } }),
        ],
        chunk: (at) => named('content_block_delta', { index: 0, delta: { text: `t${at}` } }),
        last: [
          named('message_delta', { delta: {}, usage: { output_tokens } }),
          named('message_stop', {}),
        ],
      };
    }
    case 'responses':
      return {
        first: [named('response.created', { response: { model, usage: null } })],
        chunk: (at) => named('response.output_text.delta', { delta: `t${at}` }),
        last: [named('response.completed', { response: { model, usage } })],
      };
    default: {
      const object = 'chat.completion.chunk';
      const delta = (at: number) => ({
        index: 0,
        delta: { content: `t${at}` },
        finish_reason: null,
      });
      const asksUsage = body.stream_options?.include_usage === true && wanted.isMute !== true;
      return {
        first: [],
        chunk: (at) => data({ object, model, choices: [delta(at)] }),
        last: [
          ...(asksUsage ? [data({ object, model, choices: [], usage })] : []),
          'data: [DONE]\n\n',
        ],
      };
    }
  }
}

const data = (value: object): string => `data: ${JSON.stringify(value)}\n\n`;
const named = (type: string, value: object): string =>
  `event: ${type}\ndata: ${JSON.stringify({ type, ...value })}\n\n`;
