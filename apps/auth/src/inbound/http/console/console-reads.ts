import type { Provider, Type } from '@nestjs/common';
import { ListReads } from '#libs/runtime';
import { AuthParts } from '../../../auth-parts';
import { Explainer } from '../../../explanations/explainer';
import { BurnController } from './burn.controller';
import { CredentialsController } from './credentials.controller';
import { ExplanationsController } from './explanations.controller';
import { ProjectionController } from './projection.controller';
import { SeriesController } from './series.controller';
import { StatementsController } from './statements.controller';
import { WhoamiController } from './whoami.controller';

/** Reads for people who look into the ledger, in a console or with a script. */
export const CONSOLE_READS: readonly Type[] = [
  WhoamiController,
  ProjectionController,
  ExplanationsController,
  CredentialsController,
  SeriesController,
  BurnController,
  StatementsController,
];

export const CONSOLE_READERS: readonly Provider[] = [
  {
    provide: Explainer,
    inject: [AuthParts, ListReads],
    useFactory: (...[parts, reads]: ConstructorParameters<typeof Explainer>) =>
      new Explainer(parts, reads),
  },
];
