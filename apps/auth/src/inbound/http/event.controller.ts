import { Controller, Get, Query } from '@nestjs/common';
import { permitFound, permitsReading, type Caller } from '#libs/access';
import { findEvent, type EventDocument } from '#libs/balances';
import { parseId, parsePosition, redactSecrets, type Position } from '#libs/ledger';
import type { Database } from '#libs/postgres';
import {
  CalledBy,
  ListReads,
  Needs,
  OptionalMember,
  ParsedBy,
  Problem,
  readQuery,
} from '#libs/runtime';
import { AuthParts } from '../../auth-parts';
import { SnapshotReader } from '../../snapshot-reader';
import { refuseSecrets } from '../refuse-secrets';

class EventQuery {
  @ParsedBy(parseId)
  source!: string;

  @ParsedBy(parseId)
  id!: string;

  @OptionalMember()
  @ParsedBy(parsePosition)
  minPosition?: Position;
}

/** `GET /v1/event?source=&id=` */
@Controller('v1/event')
export class EventController {
  constructor(
    private readonly parts: AuthParts,
    private readonly snapshots: SnapshotReader,
    private readonly reads: ListReads<Database>,
  ) {}

  @Needs('audit')
  @Get()
  async get(@Query() query: unknown, @CalledBy() caller: Caller): Promise<EventDocument> {
    refuseSecrets(query, '');
    const { minPosition, ...asked } = readQuery(EventQuery, query, { redact: redactSecrets });
    await this.snapshots.awaitVisible(minPosition);
    const { partitions } = this.parts;
    const found = await this.reads.read((database) => findEvent(database, asked, partitions));
    permitFound(caller, found, ({ scope, labels }) =>
      permitsReading(caller.bindings, scope, labels),
    );
    if (!found) throw new Problem('not_found', 'There is no such event on record.');
    return found.document;
  }
}
