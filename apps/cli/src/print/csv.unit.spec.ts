import fc from 'fast-check';
import { characters, propertyOptions } from '#libs/testing';
import { csvRow, textOfCell } from './csv';
import { parseCsv } from './parse-csv.fixture';

describe('a row of CSV', () => {
  it.each([
    ['plain', 'plain'],
    ['a,b', '"a,b"'],
    ['say "so"', '"say ""so"""'],
    ['two\r\nlines', '"two\r\nlines"'],
    ['=1+1', "'=1+1"],
    ['+1', "'+1"],
    ['-1+1', "'-1+1"],
    ['@sum', "'@sum"],
    ['\tcmd', "'\tcmd"],
    ['\n=1', `"'\n=1"`],
    ['＝1+1', "'＝1+1"],
    ['＋＠', "'＋＠"],
    ["'=1", "''=1"],
    ['-12.50', '-12.50'],
    ['-', "'-"],
    ['=a,"b"', '"\'=a,""b"""'],
  ])('has %j as %j', (cell, written) => {
    expect(csvRow([cell])).toBe(`${written}\r\n`);
  });

  it('has nothing for what is absent', () => {
    expect(csvRow([null, 'a', undefined])).toBe(',a,\r\n');
  });

  // Hypothesis: some text cannot be told from another, or breaks the table.
  it('can be read back, whatever is in it', () => {
    const cells = fc.array(fc.string({ unit: characters }), { minLength: 2, maxLength: 4 });
    const property = fc.property(fc.array(cells, { minLength: 1 }), (rows) => {
      const read = parseCsv(rows.map(csvRow).join(''));
      expect(read.map((row) => row.map(textOfCell))).toEqual(rows);
    });
    fc.assert(property, propertyOptions(300));
  });
});
