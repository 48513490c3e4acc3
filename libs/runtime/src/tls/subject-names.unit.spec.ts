import { subjectNames } from './subject-names';

it.each<[string | undefined, string[]]>([
  [undefined, []],
  ['', []],
  ['DNS:a.example, IP Address:0:0:0:0:0:0:0:1', ['DNS:a.example', 'IP:::1']],
  ['DNS:"a, DNS:b", DNS:c', ['DNS:a, dns:b', 'DNS:c']],
  ['URI:"http://x/\\", DNS:b", DNS:c', ['URI:http://x/", DNS:b', 'DNS:c']],
  ['othername:"UPN:a, DNS:b", DirName:"CN=x,O=y", email:a@b', ['email:a@b']],
  ['IP Address:<invalid length=5>, DNS:a', ['DNS:a']],
  // As no Node that is known prints them.
  ['DNS:"a', []],
  ['DNS:a,DNS:b', []],
])('reads %j', (printed, names) => {
  expect(subjectNames(printed)).toEqual(names);
});
