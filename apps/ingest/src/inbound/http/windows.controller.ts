import { Body, Controller, Headers, HttpCode, Post, Query } from '@nestjs/common';
import {
  parseInstant,
  parseWindowRule,
  printWindow,
  redactSecrets,
  type Instant,
  type WindowDocument,
  type WindowRule,
} from '#libs/ledger';
import {
  Needs,
  OptionalMember,
  ParsedBy,
  parseJson,
  readBody,
  refuseQuery,
  requireJson,
} from '#libs/runtime';
import { JSON_BODY } from '#libs/wire';
import { IngestParts } from '../../ingest-parts';
import { parseWindowCount, previewWindows } from '../../preview-windows';

class PreviewBody {
  @ParsedBy(parseWindowRule)
  window!: WindowRule;

  @OptionalMember()
  @ParsedBy(parseInstant)
  at?: Instant;

  @OptionalMember()
  @ParsedBy(parseWindowCount)
  count?: number;
}

/** `POST /v1/windows/preview` */
@Controller('v1/windows')
export class WindowsController {
  constructor(private readonly parts: IngestParts) {}

  @Needs('admin', 'audit')
  @Post('preview')
  @HttpCode(200)
  preview(
    @Query() query: unknown,
    @Headers('content-type') contentType: string | undefined,
    @Body() body: Buffer | undefined,
  ): { windows: WindowDocument[] } {
    refuseQuery(query);
    requireJson(contentType, body);
    const { window, at, count } = readBody(PreviewBody, parseJson(body, JSON_BODY), {
      redact: redactSecrets,
    });
    return { windows: previewWindows({ window, at, count }, this.parts.now).map(printWindow) };
  }
}
