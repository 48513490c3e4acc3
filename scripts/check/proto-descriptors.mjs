/** Reflection serves `descriptors.binpb`; it must say what the protos say. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

const KEPT = 'libs/wire/descriptors.binpb';
const BUILD = ['build', '--as-file-descriptor-set', '--exclude-source-info'];

const fresh = execFileSync('node_modules/.bin/buf', [...BUILD, '-o', '-#format=binpb']);
if (!fresh.equals(readFileSync(KEPT))) {
  console.log(`${KEPT} is not what the protos describe: run \`npm run proto:describe\`.`);
  process.exitCode = 1;
}
