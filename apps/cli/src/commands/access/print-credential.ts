import type { CredentialKind, CredentialRow } from '#libs/access';
import type { Cli, Given } from '../../command';
import { printTable } from '../../print/table';

/** A credential as a JSON document; of a token, never what it matches. */
export function documentOf(kind: CredentialKind, row: CredentialRow): Record<string, unknown> {
  const { matches, name, ...rest } = row;
  return { name, ...(kind !== 'token' && { [MATCHED[kind]]: matches }), ...rest };
}

/** One that was made; its token is shown now and never again. */
export function printMade(
  { options }: Given,
  cli: Cli,
  made: { readonly kind: CredentialKind; readonly row: CredentialRow; readonly token?: string },
): void {
  const { kind, row, token } = made;
  if (options['json'] === true) {
    const document = documentOf(kind, row);
    cli.print(
      JSON.stringify({ name: row.name, ...(token && { token }), ...document }, undefined, 2),
    );
    return;
  }
  cli.print(printTable(HEADER, [cellsOf(row)]));
  if (token === undefined) return;
  cli.print(`\n${token}\n`);
  cli.print('This is the token. It is shown once: only its SHA-256 is kept.');
}

export function printList(
  { options }: Given,
  cli: Cli,
  kind: CredentialKind,
  rows: readonly CredentialRow[],
): void {
  if (options['json'] === true) {
    const items = rows.map((row) => documentOf(kind, row));
    cli.print(JSON.stringify({ items }, undefined, 2));
    return;
  }
  const isToken = kind === 'token';
  const header = isToken ? HEADER : [...HEADER, MATCHED[kind]];
  cli.print(
    printTable(
      header,
      rows.map((row) => (isToken ? cellsOf(row) : [...cellsOf(row), row.matches])),
    ),
  );
}

const MATCHED = { token: 'sha256', certificate: 'san', source: 'source' } as const;
const HEADER = ['name', 'state', 'roles', 'bound to', 'expires', 'created', 'by'];

function cellsOf(row: CredentialRow): string[] {
  const { name, state, roles, accounts, sources, expiresAt, createdAt, createdBy } = row;
  const bound = [...accounts, ...sources.map((source) => `source ${source}`)].join(' ');
  return [name, state, roles.join(','), bound || '-', expiresAt ?? 'never', createdAt, createdBy];
}
