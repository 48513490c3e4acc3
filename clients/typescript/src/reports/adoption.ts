import type { Client } from '../client.js';
import type { Interrupted } from '../options.js';
import { said } from '../said.js';
import type { SpendEvent } from '../types.js';
import type { Entry } from './entry.js';

/** How often `drain` looks whether everything is sent, in milliseconds. */
const LOOK_EVERY = 20;

/** Takes over, at the start and from time to time, what processes have left that are dead. */
export class Adoption {
  private isStopped = false;
  /** Once at least. */
  private hasAdopted = false;
  private callOff: () => void = () => undefined;
  private round: Promise<void>;

  constructor(private readonly client: Client) {
    this.round = this.adopt();
  }

  /** Waits until the ledger has all reports, and calls have ended. @returns whether it has */
  async drain(within: number): Promise<boolean> {
    const { courier, store, machine } = this.client;
    const end = machine.elapsed() + within;
    while (!this.hasAdopted || !courier.isIdle || store.pending > 0) {
      if (machine.elapsed() >= end) return false;
      await machine.sleep(Math.min(LOOK_EVERY, end - machine.elapsed()));
    }
    return true;
  }
  async stop(): Promise<void> {
    this.isStopped = true;
    this.callOff();
    this.client.courier.stop();
    await this.round;
    await this.client.store.close();
  }

  private async adopt(): Promise<void> {
    const { store, courier, settings, machine } = this.client;
    try {
      const { due, interrupted } = await store.adopt();
      for (const entry of interrupted) settings.interrupted(interruptedCall(entry));
      if (!this.isStopped) courier.send(due);
    } catch (error) {
      settings.warn(said(error), error);
    }
    this.hasAdopted = true;
    if (this.isStopped || settings.journal === false) return;
    this.callOff = machine.later(settings.limits.adoptEvery, () => {
      this.round = this.adopt();
    });
  }
}

function interruptedCall({ id, holdId, event }: Entry): Interrupted {
  const { scope, model, labels, requestId, metadata } = (event as SpendEvent).data;
  return { id, holdId, scope, model, labels, requestId, metadata };
}
