import { randomUUID } from 'node:crypto';

/** A request as far as the answer depends on it. */
export interface Asked {
  readonly model?: string;
  readonly stream?: boolean;
}

interface Usage {
  readonly input: number;
  readonly output: number;
}

const TEXT = 'one two three four';

/** An answer at once, in the form of its endpoint. Each has an id of its own: LiteLLM loses rows of equal ones. */
export function wholeAnswer({ model }: Asked, path: string, usage: Usage): object {
  switch (path) {
    case '/v1/embeddings':
      return {
        object: 'list',
        model,
        data: [{ object: 'embedding', index: 0, embedding: [0.5] }],
        usage: { prompt_tokens: usage.input, total_tokens: usage.input },
      };
    case '/v1/responses':
      return { ...response(model), status: 'completed', usage: responsesUsage(usage) };
    case '/v1/completions':
      return {
        id: `cmpl-${randomUUID()}`,
        object: 'text_completion',
        created: 1,
        model,
        choices: [{ index: 0, text: TEXT, finish_reason: 'stop', logprobs: null }],
        usage: chatUsage(usage),
      };
    default:
      return {
        id: `chatcmpl-${randomUUID()}`,
        object: 'chat.completion',
        created: 1,
        model,
        choices: [
          { index: 0, message: { role: 'assistant', content: TEXT }, finish_reason: 'stop' },
        ],
        usage: chatUsage(usage),
      };
  }
}

/** A stream: what comes one after the other, and the end. */
export function chunksOf(
  { model }: Asked,
  path: string,
  usage: Usage,
): { readonly parts: readonly string[]; readonly end: string } {
  if (path === '/v1/responses') {
    const own = response(model);
    const done = { ...own, status: 'completed', usage: responsesUsage(usage) };
    return {
      parts: [
        named('response.created', { response: { ...own, status: 'in_progress' } }),
        ...TEXT.split(' ').map((delta) =>
          named('response.output_text.delta', {
            item_id: 'm',
            output_index: 0,
            content_index: 0,
            delta,
          }),
        ),
        named('response.completed', { response: done }),
      ],
      end: '',
    };
  }
  const chunk = {
    id: `chatcmpl-${randomUUID()}`,
    object: 'chat.completion.chunk',
    created: 1,
    model,
  };
  return {
    parts: [
      ...TEXT.split(' ').map((word) =>
        data({
          ...chunk,
          choices: [{ index: 0, delta: { content: `${word} ` }, finish_reason: null }],
        }),
      ),
      data({ ...chunk, choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] }),
      data({ ...chunk, choices: [], usage: chatUsage(usage) }),
    ],
    end: 'data: [DONE]\n\n',
  };
}

function response(model: string | undefined): object {
  const text = { type: 'output_text', text: TEXT, annotations: [] };
  return {
    id: `resp_${randomUUID()}`,
    object: 'response',
    created_at: 1,
    model,
    output: [{ type: 'message', id: 'm', role: 'assistant', status: 'completed', content: [text] }],
    parallel_tool_calls: false,
    tool_choice: 'auto',
    tools: [],
  };
}

const chatUsage = ({ input, output }: Usage): object => ({
  prompt_tokens: input,
  completion_tokens: output,
  total_tokens: input + output,
});
const responsesUsage = ({ input, output }: Usage): object => ({
  input_tokens: input,
  output_tokens: output,
  total_tokens: input + output,
});
const data = (value: object): string => `data: ${JSON.stringify(value)}\n\n`;
const named = (type: string, value: object): string =>
  `event: ${type}\ndata: ${JSON.stringify({ type, ...value })}\n\n`;
