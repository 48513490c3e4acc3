import { EventStream } from './event-stream';
import { TopLevelMembers } from './top-level-members';
import { usageOfAnswer, type SaidUsage } from './usage-of';

/** Reads what an answer says of its cost, while it passes. */
export interface AnswerReader {
  /** The model that the answer names. */
  readonly model: string | undefined;
  /** @returns what is to be passed on in place of the chunk: the same chunk, unless something is taken out */
  push(chunk: Buffer): Buffer;
  /** The answer has ended. @returns what is still to be passed on */
  end(): Buffer;
  /** @param isWhole the answer came to its end */
  usage(isWhole: boolean): SaidUsage;
}

export interface AnswerRules {
  /** `content-type` and `content-encoding` of the answer. */
  readonly type: string | undefined;
  readonly encoding: string | undefined;
  /** Takes the event out that says nothing but the usage, as the client did not ask for it. */
  readonly takesUsageOut: boolean;
  /** A longer event of a stream passes unread. */
  readonly mostEventBytes: number;
}

/** What can be read of an answer of this kind: of JSON and of streams in the forms of OpenAI and Anthropic. */
export function answerReader({ type = '', encoding, ...rules }: AnswerRules): AnswerReader {
  const isPlain = encoding === undefined || encoding === '' || encoding === 'identity';
  if (isPlain && /^text\/event-stream\b/i.test(type)) return new StreamAnswer(rules);
  if (isPlain && /^application\/(?:[\w.-]+\+)?json\b/i.test(type)) return new JsonAnswer();
  return UNREADABLE;
}

const NOTHING = Buffer.alloc(0);

const UNREADABLE: AnswerReader = {
  model: undefined,
  push: (chunk) => chunk,
  end: () => NOTHING,
  usage: () => undefined,
};

class JsonAnswer implements AnswerReader {
  private readonly members = new TopLevelMembers(new Set(['model', 'usage']));

  get model(): string | undefined {
    return textOf(this.members.of('model'));
  }

  push(chunk: Buffer): Buffer {
    this.members.push(chunk);
    return chunk;
  }

  end(): Buffer {
    return NOTHING;
  }

  usage(isWhole: boolean): SaidUsage {
    return usageOfAnswer(this.members.of('usage'), isWhole);
  }
}

class StreamAnswer implements AnswerReader {
  model: string | undefined;
  private counts: Record<string, unknown> | undefined;
  private readonly events: EventStream;

  constructor({ takesUsageOut, mostEventBytes }: Omit<AnswerRules, 'type' | 'encoding'>) {
    this.events = new EventStream({
      takesOut: takesUsageOut,
      mostEventBytes,
      // Most events have neither, and are not read.
      isWanted: (bytes) =>
        bytes.includes('"usage"') || (this.model === undefined && bytes.includes('"model"')),
      isTakenOut: (data) => this.take(data),
    });
  }

  push(chunk: Buffer): Buffer {
    return this.events.push(chunk);
  }

  end(): Buffer {
    return this.events.end();
  }

  usage(isWhole: boolean): SaidUsage {
    return usageOfAnswer(this.counts, isWhole);
  }

  /** @returns whether the event says nothing but the usage */
  private take(data: string): boolean {
    const event = objectIn(data);
    if (event === undefined) return false;
    const [message, response] = [objectOf(event['message']), objectOf(event['response'])];
    const named = [event, message, response].map((part) => textOf(part?.['model']));
    this.model = named.find((name) => name !== undefined) ?? this.model;
    // What a message starts with says its input; its output is counted at its end.
    const { output_tokens: _, ...start } = objectOf(message?.['usage']) ?? {};
    const usage = objectOf(event['usage']);
    this.add(start);
    this.add(objectOf(response?.['usage']));
    this.add(usage);
    const choices = event['choices'];
    return usage !== undefined && Array.isArray(choices) && choices.length === 0;
  }

  private add(usage: Record<string, unknown> | undefined): void {
    const said = Object.entries(usage ?? {}).filter(([, value]) => value !== null);
    if (said.length > 0) this.counts = { ...this.counts, ...Object.fromEntries(said) };
  }
}

function objectIn(text: string): Record<string, unknown> | undefined {
  try {
    return objectOf(JSON.parse(text));
  } catch {
    return undefined;
  }
}

const objectOf = (value: unknown): Record<string, unknown> | undefined =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : undefined;

const textOf = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== '' ? value : undefined;
