import { Controller, Get, Query } from '@nestjs/common';
import { permitAccount, type Caller } from '#libs/access';
import { redactSecrets } from '#libs/ledger';
import type { Database } from '#libs/postgres';
import { accepted, CalledBy, ListReads, Needs, readQuery } from '#libs/runtime';
import { AuthParts } from '../../../auth-parts';
import { pageCredentials, type CredentialPage } from '../../../page-credentials';
import { refuseSecrets } from '../../refuse-secrets';
import { PageQuery } from '../list-query';

/** `GET /v1/credentials`: who may do what. They are made and ended on the command line alone. */
@Controller('v1/credentials')
export class CredentialsController {
  constructor(
    private readonly parts: AuthParts,
    private readonly reads: ListReads<Database>,
  ) {}

  @Needs('audit')
  @Get()
  async list(@Query() query: unknown, @CalledBy() caller: Caller): Promise<CredentialPage> {
    refuseSecrets(query, '');
    const { pageSize, pageToken } = readQuery(PageQuery, query, { redact: redactSecrets });
    permitAccount(caller, undefined);
    const asked = { pageSize, pageToken, maxBytes: this.parts.lists.pageBytes };
    return accepted(await this.reads.read((database) => pageCredentials(database, asked)));
  }
}
