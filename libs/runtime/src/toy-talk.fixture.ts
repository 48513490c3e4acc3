import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type * as grpc from '@grpc/grpc-js';
import { Controller } from '@nestjs/common';
import { GrpcMethod, GrpcStreamCall } from '@nestjs/microservices';
import { type ForeignProtos } from './grpc/grpc-options';
import { Problem } from './problem';

// No tests here: a protocol that others own, in protos of which one imports the other, and who answers it.

const PROTOS = {
  'foreign/talk.proto': `
    syntax = "proto3";
    package foreign.v1;
    import "foreign/note.proto";
    service TalkService {
      rpc Say(Note) returns (Note);
      rpc Talk(stream Note) returns (stream Note);
      rpc Report(stream Note) returns (Note);
    }
  `,
  'foreign/note.proto': `
    syntax = "proto3";
    package foreign.v1;
    message Note { string text = 1; }
  `,
};

export function writeForeign(root: string): ForeignProtos {
  mkdirSync(join(root, 'foreign'), { recursive: true });
  for (const [name, text] of Object.entries(PROTOS)) writeFileSync(join(root, name), text);
  const protos = ['foreign/talk.proto'];
  return { root, protos, packageNames: ['foreign.v1'], messageBytes: 1_000_000 };
}

interface Note {
  readonly text: string;
}

@Controller()
export class TalkController {
  @GrpcMethod('foreign.v1.TalkService', 'Say')
  say(note: Note): Note {
    return note;
  }

  @GrpcStreamCall('foreign.v1.TalkService', 'Talk')
  async talk(call: grpc.ServerDuplexStream<Note, Note>): Promise<void> {
    for await (const note of call.iterator({ destroyOnReturn: false }) as AsyncIterable<Note>) {
      if (note.text === 'refuse') throw new Problem('unavailable', 'Not now.');
      if (note.text === 'end') return;
      call.write({ text: note.text.toUpperCase() });
    }
  }

  @GrpcStreamCall('foreign.v1.TalkService', 'Report')
  async report(call: grpc.ServerReadableStream<Note, Note>): Promise<Note> {
    const texts: string[] = [];
    for await (const note of call as AsyncIterable<Note>) texts.push(note.text);
    return { text: texts.join(' ') };
  }
}
