import { Controller, Get, Param, Query } from '@nestjs/common';
import { findPrices, pagePrices, type PricesDocument, type PricesPage } from '#libs/balances';
import { parseId, redactSecrets } from '#libs/ledger';
import { accepted, Needs, Problem, readQuery, refuseQuery } from '#libs/runtime';
import { AuthParts } from '../../auth-parts';
import { ListReads } from '../../list-reads';
import { refuseSecrets } from '../refuse-secrets';
import { PageQuery } from './list-query';

/** `GET /v1/prices` and `GET /v1/prices/{version}`: what calls are and were priced by. */
@Controller('v1/prices')
export class PricesController {
  constructor(
    private readonly parts: AuthParts,
    private readonly reads: ListReads,
  ) {}

  @Needs('audit', 'admin')
  @Get()
  async list(@Query() query: unknown): Promise<PricesPage> {
    refuseSecrets(query, '');
    const { pageSize, pageToken } = readQuery(PageQuery, query, { redact: redactSecrets });
    const asked = { pageSize, pageToken, maxBytes: this.parts.lists.pageBytes };
    return accepted(await this.reads.read((database) => pagePrices(database, asked)));
  }

  @Needs('audit', 'admin')
  @Get(':version')
  async get(@Param('version') given: string, @Query() query: unknown): Promise<PricesDocument> {
    refuseQuery(query);
    refuseSecrets(given, 'version');
    const version = accepted(parseId(given, 'version'));
    const { partitions } = this.parts;
    const found = await this.reads.read((database) => findPrices(database, version, partitions));
    if (!found) throw new Problem('not_found', 'There is no such version of the prices on record.');
    return found;
  }
}
