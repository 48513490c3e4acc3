import { redactSecrets } from '#libs/ledger';
import { CertificateFolder } from '#libs/testing';
import { ConfigError, EnvReader } from './config';
import { readDatabaseUrl, trustsAnybody } from './database-url';

const files = new CertificateFolder();
const file = files.write('ca.crt', 'any\n');
afterAll(() => files.remove());

const SERVER = 'postgres://ledger:hunter2@db:5432/ledger';

function faultOf(url: string): string | undefined {
  const reader = new EnvReader({ DATABASE_URL: url }, redactSecrets);
  try {
    expect(readDatabaseUrl(reader)).toBe(url);
    reader.finish();
    return undefined;
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    expect(error.message).not.toContain('hunter2');
    return error.message;
  }
}

it.each([
  '',
  '?sslmode=disable',
  '?sslmode=require',
  '?sslmode=no-verify',
  `?sslmode=verify-full&sslrootcert=${file}`,
  `?application_name=x&sslcert=${file}&sslkey=${file}`,
])('takes an address with %s', (query) => {
  expect(faultOf(SERVER + query)).toBeUndefined();
  expect(trustsAnybody(SERVER + query)).toBe(query.includes('no-verify'));
});

it.each<[string, string]>([
  ['?sslmode=prefer', 'has an sslmode other than disable, no-verify, require'],
  ['?sslmode=verify_full', 'has an sslmode other than disable, no-verify, require'],
  ['?ssl=true', 'says ssl or uselibpqcompat, in whose place sslmode stands'],
  ['?sslmode=require&uselibpqcompat=true', 'says ssl or uselibpqcompat'],
  [`?sslmode=disable&sslrootcert=${file}`, 'has sslrootcert with sslmode=disable'],
  [`?sslmode=require&sslcert=${file}`, 'has one of sslcert and sslkey alone'],
  ['?sslrootcert=/none.crt', 'has "/none.crt" as its sslrootcert, which cannot be read'],
])('refuses an address with %s', (query, fault) => {
  expect(faultOf(SERVER + query)).toContain(`DATABASE_URL ${fault}`);
});
