import { user as userScope } from 'spend-ledger';
import { Aborted, FunctionFailed } from './describe-error.mjs';

const TTL_SECONDS = 60;

/** What the steps of a scenario do. Each gives its line of the report. */
export class Steps {
  #holds = new Map();
  #settlements = new Map();

  constructor({ ledger, user, source, pause, tell, begun }) {
    Object.assign(this, { ledger, scope: userScope(user), source, tell, begun });
    this.wait = pause;
  }

  async take({ amount, ttl = TTL_SECONDS, key, as = 'hold' }) {
    const { ledger, scope } = this;
    const hold = await ledger.holds.take({ scope, amount, ttl, idempotencyKey: key });
    this.#holds.set(as, hold);
    const { holdId, expiresAt } = hold;
    return { result: 'hold', holdId, amount: hold.amount, expiresAt };
  }

  async settle({ amount, hold = 'hold', ...when }) {
    const settlement = await this.#holds.get(hold).settle(amount, { time: timeOf(when) });
    this.#settlements.set(hold, settlement);
    return { result: 'settled', ...settlement };
  }

  async amend({ amount, reason, hold = 'hold' }) {
    await this.ledger.events.amend(this.#settlements.get(hold), amount, { reason });
    return { result: 'amended' };
  }

  async release({ hold = 'hold' }) {
    return { result: 'released', ...(await this.#holds.get(hold).release()) };
  }

  async extend({ ttl, amount, hold = 'hold' }) {
    return { result: 'extended', ...(await this.#holds.get(hold).extend({ ttl, amount })) };
  }

  async spend({ estimate, ttl, ...step }, index) {
    const abort = new AbortController();
    const options = { estimate, ttl, signal: abort.signal };
    await this.ledger.spend(this.scope, options, (call) => this.#call(call, step, index, abort));
    return { result: 'returned' };
  }

  async record({ event }) {
    const { duplicate } = await this.ledger.events.record(this.#event(event));
    return { result: 'recorded', duplicate };
  }

  async recordAll({ events }) {
    const results = await this.ledger.events.recordAll(events.map((event) => this.#event(event)));
    return { result: 'results', results: results.map(({ status }) => ({ status })) };
  }

  async check({ estimate }) {
    const { allowed } = await this.ledger.check(this.scope, { estimate });
    return { result: 'decision', allowed };
  }

  async drain({ limitSeconds }) {
    if (await this.ledger.drain({ within: limitSeconds * 1_000 })) return { result: 'drained' };
    return { result: 'undrained', due: this.ledger.reports().due };
  }

  async pause({ name }) {
    await this.wait(name);
    return { result: 'resumed' };
  }

  async #call(call, step, index, abort) {
    this.begun();
    if (step.pause) await this.wait(step.pause);
    if (step.abort) {
      abort.abort(new Aborted('the caller has gone'));
      call.signal.throwIfAborted();
    }
    if (step.throw === 'before') throw new FunctionFailed('before the cost');
    if (step.cost !== undefined) {
      call.cost(step.cost);
      this.tell({ cost: step.cost, step: index });
    }
    if (step.pauseAfterCost) await this.wait(step.pauseAfterCost);
    if (step.throw === 'after') throw new FunctionFailed('after the cost');
  }

  #event({ id, amount, ...when }) {
    const { scope, source } = this;
    const basis = amount === undefined ? 'unknown' : undefined;
    return { id, source, scope, amount, basis, time: timeOf(when) ?? new Date() };
  }
}

function timeOf({ time, aheadSeconds }) {
  return aheadSeconds === undefined ? time : new Date(Date.now() + aheadSeconds * 1_000);
}
