import { StatusLine } from './status-line';

describe('the line of progress', () => {
  function lineOn(isTTY: boolean) {
    const written: string[] = [];
    let nowMs = 0;
    const line = new StatusLine({ isTTY, write: (text) => written.push(text) }, () => nowMs);
    return { line, written, pass: (ms: number) => (nowMs += ms) };
  }

  it('changes in its place on a terminal, and makes room for lines that stay', () => {
    const { line, written } = lineOn(true);
    line.tellProgress('1 %');
    line.tellProgress('2 %');
    line.tell('halfway');
    line.tellProgress('99 %');
    line.end();
    expect(written.join('')).toBe('1 %\r\u001b[2K2 %\r\u001b[2Khalfway\n99 %\n');
  });

  it('is a line now and then elsewhere', () => {
    const { line, written, pass } = lineOn(false);
    line.tellProgress('1 %');
    line.tellProgress('2 %');
    pass(5000);
    line.tellProgress('3 %');
    line.end();
    expect(written.join('')).toBe('1 %\n3 %\n');
  });
});
