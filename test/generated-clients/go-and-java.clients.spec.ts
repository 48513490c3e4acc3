/**
 * @needs java
 * @needs maven
 * @needs go
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { PROJECT_FOLDER } from '#libs/testing';
import { ClientWorkshop } from './support/client-workshop';
import { generateClient } from './support/generate-client';
import { whatIsProven, whatIsThere, writeProven } from './support/proven';
import { runTool } from './support/run-tool';

jest.setTimeout(900_000);

const GO_NAME = ['--git-host', 'ledger.test', '--git-user-id', 'clients', '--git-repo-id', 'go'];
const MAVEN = ['-B', '-q', '-Dmaven.test.skip=true'];
const COPY = 'org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies';
const BUF = join(PROJECT_FOLDER, 'node_modules/.bin/buf');
const PLUGINS = [
  'google.golang.org/protobuf/cmd/protoc-gen-go@v1.36.10',
  'google.golang.org/grpc/cmd/protoc-gen-go-grpc@v1.5.1',
];
const GO_MOD = `module spendledger

go 1.23

require (
	google.golang.org/grpc v1.70.0
	google.golang.org/protobuf v1.36.10
)
`;

const there = whatIsThere();

if (isDeepStrictEqual(there, whatIsProven())) {
  describe('the clients in Go and Java', () => {
    it('are made of what was proven before: support/proven.ts says of what', () => {
      expect(whatIsProven()).toEqual(there);
    });
  });
} else {
  describe('the clients in Go and Java, which are made of something new', () => {
    let shop: ClientWorkshop;
    let proven = 0;

    beforeAll(async () => {
      shop = await ClientWorkshop.open();
    });
    afterAll(async () => {
      await shop.close();
      // CI leaves no trace; the author of a change commits this file with it.
      if (proven === 3 && process.env['CI'] !== 'true') writeProven(there);
    });

    it('compile in Go, and check', async () => {
      await generateClient('go', shop.path('go'), GO_NAME);
      await shop.place('check.go', 'go/check/main.go');
      const cwd = shop.path('go');
      await runTool('go', ['build', './...'], { cwd });
      expect(await runTool('go', ['run', './check', shop.ledger.httpUrl], { cwd })).toBe(
        'checked\n',
      );
      proven += 1;
    });

    it('compile in Java, and check', async () => {
      await generateClient('java', shop.path('java'));
      await shop.place('Check.java', 'java/src/main/java/Check.java');
      const cwd = shop.path('java');
      await runTool('mvn', [...MAVEN, 'compile', COPY, '-DincludeScope=runtime'], { cwd });
      const classes = [join(cwd, 'target/classes'), join(cwd, 'target/dependency/*')];
      const program = ['-cp', classes.join(delimiter), 'Check', shop.ledger.httpUrl];
      expect(await runTool('java', program)).toBe('checked\n');
      proven += 1;
    });

    it('compile in Go out of the proto, and check over gRPC', async () => {
      const bin = shop.path('bin');
      for (const plugin of PLUGINS)
        await runTool('go', ['install', plugin], { env: { GOBIN: bin } });
      const out = shop.path('proto');
      await mkdir(out);
      const plugins = ['protoc-gen-go', 'protoc-gen-go-grpc'].map((name) => ({
        local: join(bin, name),
        out,
      }));
      const template = JSON.stringify({ version: 'v2', plugins });
      await runTool(BUF, [
        'generate',
        join(PROJECT_FOLDER, 'libs/wire/proto'),
        '--template',
        template,
      ]);
      const cwd = join(out, 'spendledger');
      await writeFile(join(cwd, 'go.mod'), GO_MOD);
      await shop.place('grpc.go', 'proto/spendledger/check/main.go');
      await runTool('go', ['mod', 'tidy'], { cwd });
      const program = ['run', './check', shop.ledger.grpcAddress];
      expect(await runTool('go', program, { cwd })).toBe('checked\n');
      proven += 1;
    });
  });
}
