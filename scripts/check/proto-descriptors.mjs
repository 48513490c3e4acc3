/** Reflection serves `spendledger.binpb`; it must say what the proto says. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

const KEPT = 'libs/wire/proto/spendledger.binpb';
const BUILD = ['build', 'libs/wire/proto', '--as-file-descriptor-set', '--exclude-source-info'];

const fresh = execFileSync('node_modules/.bin/buf', [...BUILD, '-o', '-#format=binpb']);
if (!fresh.equals(readFileSync(KEPT))) {
  console.log(`${KEPT} is not what the proto describes: run \`npm run proto:describe\`.`);
  process.exitCode = 1;
}
