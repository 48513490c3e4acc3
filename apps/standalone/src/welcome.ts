import type { Served } from '#libs/runtime';

/** What `npm start` says once it serves: where the doors are, and three lines to paste that end in a refusal. */
export function welcome(
  { httpUrl, grpcAddress }: Pick<Served, 'httpUrl' | 'grpcAddress'>,
  data: string,
  { needsToken }: { readonly needsToken: boolean },
): string {
  const token = needsToken ? ` -H "authorization: Bearer $TOKEN"` : '';
  const scope = '{"type":"user","userId":"alice"}';
  const now = '$(date -u +%Y-%m-%dT%H:%M:%SZ)';
  return `
The spend ledger is ready.
  HTTP  ${httpUrl}  (${httpUrl}/openapi.json says what it speaks)
  gRPC  ${grpcAddress ?? 'off'}
  data  ${data}

${needsToken ? MAKE_TOKEN : ''}Paste these three: a budget of 0.01, a spend of 0.02, and a check that is refused.

curl -s -X PUT ${httpUrl}/v1/budgets/alice-total${token} -H 'content-type: application/json' -d '{"account":"user:alice","limit":"0.01","window":{"type":"total"}}'
curl -s ${httpUrl}/v1/events${token} -H 'content-type: application/cloudevents+json' -d '{"specversion":"1.0","id":"call-1","source":"my-gateway","type":"spendledger.spend.recorded.v1","time":"'${now}'","data":{"scope":${scope},"amount":"0.02"}}'
curl -s ${httpUrl}/v1/check${token} -H 'content-type: application/json' -d '{"scope":${scope}}'

Ctrl-C stops it; what is recorded stays.
`;
}

const MAKE_TOKEN = `It answers nobody without a credential. Make one, and put it into TOKEN:

npm run ledger -- tokens create --name me --roles record,check,admin,audit

`;
