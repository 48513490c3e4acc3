import { SPEND_TYPE } from '#libs/testing';

/** Which event it is, said with as many digits each time, so that it can be written over. */
const ID = /bench-(\d{16})/g;
const ID_DIGITS = 16;
const SEED = 20_261_125;
const USERS = 3000;
const TEAMS = 300;
const KEYS = 4000;
const MODELS = ['gpt-5.1-mini', 'claude-sonnet-5', 'gemini-3-flash', 'llama-4-70b-instruct'];
const USER_SHARE = 0.5;
const TEAM_SHARE = 0.4;

export const TEAM_IDS = Array.from({ length: TEAMS }, (_, n) => `team-${n}`);

/** A request body with spends whose ids can be written over, so that it can be sent again as other events. */
export interface SpendBody {
  readonly bytes: Buffer;
  readonly events: number;
  /** A check of the first one's scope, and of nothing else. */
  readonly checkScope: object;
  /** Where each id's digits begin. */
  readonly idsAt: readonly number[];
}

/**
 * Bodies with spends as gateways report them: half in user scope, two fifths in team scope, the rest in key scope, by
 * some thousands of accounts of which a few spend most. The same ones each time.
 */
export function spendBodies(count: number, eventsEach: number): SpendBody[] {
  const random = randomOf(SEED);
  return Array.from({ length: count }, () => {
    const events = Array.from({ length: eventsEach }, () => spendOf(random));
    const bytes = Buffer.from(JSON.stringify(eventsEach === 1 ? events[0] : events));
    const idsAt = [...bytes.toString('latin1').matchAll(ID)].map(
      ({ index, 0: match }) => index + match.length - ID_DIGITS,
    );
    return { bytes, events: eventsEach, checkScope: events[0]!.data.scope, idsAt };
  });
}

/** Makes a body's events the ones from a number on. */
export function stampIds({ bytes, idsAt }: SpendBody, first: number): void {
  idsAt.forEach((at, nth) => {
    bytes.write(String(first + nth).padStart(ID_DIGITS, '0'), at, 'latin1');
  });
}

interface MixedSpend {
  readonly data: { readonly scope: object } & Record<string, unknown>;
}

function spendOf(random: () => number): MixedSpend & Record<string, unknown> {
  const minute = String(Math.floor(random() * 60)).padStart(2, '0');
  const millis = String(Math.floor(random() * 1000)).padStart(3, '0');
  const [input, output] = [Math.floor(random() * 8000), Math.floor(random() * 1000)];
  return {
    specversion: '1.0',
    id: `bench-${'0'.repeat(ID_DIGITS)}`,
    source: 'bench-gateway',
    type: SPEND_TYPE,
    time: `2026-04-27T10:${minute}:07.${millis}Z`,
    data: {
      scope: scopeOf(random),
      amount: (input * 0.000003 + output * 0.000015 + 0.000001).toFixed(6),
      requestId: `req-${Math.floor(random() * 1e12).toString(36)}`,
      model: MODELS[Math.floor(random() * MODELS.length)]!,
      metadata: { inputTokens: input, outputTokens: output },
    },
  };
}

function scopeOf(random: () => number): object {
  // The square makes the first ones the busiest.
  const one = (name: string, count: number) => `${name}-${Math.floor(random() ** 2 * count)}`;
  const kind = random();
  const keyId = one('key', KEYS);
  if (kind < USER_SHARE) return { type: 'user', userId: one('user', USERS), keyId };
  if (kind > USER_SHARE + TEAM_SHARE) return { type: 'key', keyId };
  return { type: 'team', teamId: one('team', TEAMS), userId: one('user', USERS), keyId };
}

/** Mulberry32. */
function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
