import { Controller, Get, Query } from '@nestjs/common';
import { type Caller } from '#libs/access';
import { formatInstant, instantOfMillis } from '#libs/ledger';
import { CalledBy, Needs, printIsoDuration, refuseQuery } from '#libs/runtime';
import { AuthParts } from '../../../auth-parts';

/** `GET /v1/whoami`: what the caller may do here, and what the ledger is. */
@Controller('v1/whoami')
export class WhoamiController {
  constructor(private readonly parts: AuthParts) {}

  @Needs()
  @Get()
  get(@Query() query: unknown, @CalledBy() caller: Caller): object {
    refuseQuery(query);
    const { name, roles, bindings, kind, expiresAtMs = Infinity } = caller;
    const { currency, unbudgeted, maxLagMs } = this.parts;
    return {
      name,
      kind: kind ?? 'open',
      roles: [...roles],
      accounts: bindings.accounts,
      sources: bindings.sources,
      expiresAt: expiresAtMs === Infinity ? null : formatInstant(instantOfMillis(expiresAtMs)),
      ledger: { currency, unbudgeted, maxLag: printIsoDuration(maxLagMs) },
    };
  }
}
