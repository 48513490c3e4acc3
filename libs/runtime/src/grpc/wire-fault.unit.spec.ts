import { parse, type Type } from 'protobufjs';
import { wireFault } from './wire-fault';

const { root } = parse(
  `
  syntax = "proto3";
  package t;
  enum Color { UNSET = 0; RED = 1; }
  message Leaf { optional string id = 1; }
  message Tree {
    string text = 1;
    oneof pick { Leaf leaf = 2; Leaf other = 3; }
    repeated Leaf leaves = 4;
    map<string, Leaf> by_name = 5;
    repeated int64 numbers = 6;
    Color color = 7;
    double weight = 8;
    Tree tree = 9;
    bytes blob = 10;
  }`,
  { keepCase: true },
);
const TREE: Type = root.resolveAll().lookupType('t.Tree');

const fault = (bytes: readonly number[]) => wireFault(Buffer.from(bytes), TREE);
const varint = (n: number): number[] => (n < 128 ? [n] : [(n & 127) | 128, ...varint(n >> 7)]);
const field = (id: number, ...bytes: number[]): number[] => [
  ...varint((id << 3) | 2),
  ...varint(bytes.length),
  ...bytes,
];
const A = 0x61;
const LEAF = field(1, A);
/** The name of an entry of a map. */
const NAME_A = field(1, A);

describe('wireFault', () => {
  it('finds nothing wrong with what protobuf writes', () => {
    const message = {
      text: 'é\uFFFD',
      leaf: { id: '' },
      leaves: [{ id: 'a' }, {}],
      by_name: { x: { id: 'y' }, '': {} },
      numbers: [1, -1],
      color: 1,
      weight: 0.5,
      tree: { tree: {} },
      blob: Buffer.from([0xff]),
    };
    expect(
      wireFault(Buffer.from(TREE.encode(TREE.create(message)).finish()), TREE),
    ).toBeUndefined();
    expect(fault([])).toBeUndefined();
  });

  it.each<[string, number[], string, string]>([
    ['a field nobody knows', field(99, A), '99', 'unknown_member'],
    ['one inside a nested message', field(2, ...field(7, A)), 'leaf.7', 'unknown_member'],
    ['one inside an item', [...field(4), ...field(4, 0x10, 0)], 'leaves[1].2', 'unknown_member'],
    ['one inside an entry of a map', field(5, ...field(3, A)), 'by_name', 'unknown_member'],
    ['a number for a text', [0x08, 1, A], 'text', 'type'],
    ['a text for a number', field(8, A), 'weight', 'type'],
    ['a text for an enum', field(7, A), 'color', 'type'],
    ['a number for a message', [0x10, 1], 'leaf', 'type'],
    ['a number for a map', [0x28, 1], 'by_name', 'type'],
    ['a number for a name in a map', field(5, 0x08, 1), 'by_name', 'type'],
    ['a field twice', [...field(1, A), ...field(1, A)], 'text', 'single'],
    [
      'a name twice in a map',
      [...field(5, ...NAME_A), ...field(5, ...NAME_A)],
      'by_name',
      'single',
    ],
    ['no name twice in a map', [...field(5), ...field(5, ...field(1))], 'by_name', 'single'],
    ['two names for one entry', field(5, ...NAME_A, ...NAME_A), 'by_name', 'single'],
    ['two values for one name', field(5, ...field(2), ...field(2)), 'by_name', 'single'],
    ['two of a oneof', [...field(2, ...LEAF), ...field(3, ...LEAF)], 'other', 'single'],
    ['a text that is not UTF-8', field(2, ...field(1, 0xff)), 'leaf.id', 'utf8'],
    ['a name in a map that is not UTF-8', field(5, ...field(1, 0xc3)), 'by_name', 'utf8'],
    ['a text that ends after its message', [0x0a, 5, A], '', 'protobuf'],
    ['a message that ends after its parent', field(2, 0x0a, 5), '', 'protobuf'],
    ['a number that does not end', [0x38, 0x80], '', 'protobuf'],
    ['a number that ends after its message', [0x41, 1, 2], '', 'protobuf'],
    ['a tag that does not end', [0xff, 0xff], '', 'protobuf'],
  ])('tells of %s', (_what, bytes, path, rule) => {
    expect(fault(bytes)).toMatchObject({ field: path, rule });
  });

  it('lets two maps have the same name, and reads each message anew', () => {
    const named = field(5, ...NAME_A);
    expect(
      fault([...named, ...field(9, ...named), ...field(5, ...field(1, A, A))]),
    ).toBeUndefined();
  });

  it('bounds the depth before anybody decodes', () => {
    let bytes: number[] = [];
    for (let depth = 0; depth < 100; depth += 1) bytes = field(9, ...bytes);
    expect(fault(bytes)).toBeUndefined();
    const deeper = Buffer.from(field(9, ...bytes));
    expect(wireFault(deeper, TREE)).toMatchObject({ rule: 'depth' });
  });
});
