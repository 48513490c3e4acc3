import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** What Linux tells in /proc; `undefined` on systems that have none. */

/** It counts CPU time in hundredths of a second, whatever the kernel's own clock. */
const TICKS_PER_SECOND = 100;
const PARENT = 1;
const USER_TIME = 11;
const SYSTEM_TIME = 12;
const LISTENS = '0A';

/** CPU seconds that a process has used. */
export function cpuSecondsOf(pid: number): number | undefined {
  const fields = statOf(pid);
  return fields && (Number(fields[USER_TIME]) + Number(fields[SYSTEM_TIME])) / TICKS_PER_SECOND;
}

/** CPU seconds that the whole machine has used, all cores together. */
export function cpuSecondsOfMachine(): number | undefined {
  const times = /^cpu +(.*)$/m.exec(read('/proc/stat') ?? '')?.[1];
  if (times === undefined) return undefined;
  const [user, nice, system, , , interrupts, softInterrupts] = times.split(' ').map(Number);
  return (user! + nice! + system! + interrupts! + softInterrupts!) / TICKS_PER_SECOND;
}

/** Memory of a process that is in RAM, in MiB. */
export function residentMiBOf(pid: number): number | undefined {
  const kib = /^VmRSS:\s+(\d+) kB$/m.exec(read(`/proc/${pid}/status`) ?? '')?.[1];
  return kib === undefined ? undefined : Number(kib) / 1024;
}

/** The most of it that there ever was, likewise. */
export function peakMiBOf(pid: number): number | undefined {
  const kib = /^VmHWM:\s+(\d+) kB$/m.exec(read(`/proc/${pid}/status`) ?? '')?.[1];
  return kib === undefined ? undefined : Number(kib) / 1024;
}

/** The process that started this one, if it is of the same program. */
export function parentOfSameName(pid: number, name: string): number | undefined {
  if (read(`/proc/${pid}/comm`)?.trim() !== name) return undefined;
  const parent = Number(statOf(pid)?.[PARENT]);
  return read(`/proc/${parent}/comm`)?.trim() === name ? parent : undefined;
}

export function childrenOf(pid: number): number[] {
  return allProcesses().filter((other) => Number(statOf(other)?.[PARENT]) === pid);
}

/** The process that listens on a TCP port of this machine. */
export function listenerOn(port: number): number | undefined {
  const hex = port.toString(16).toUpperCase().padStart(4, '0');
  const sockets = ['tcp', 'tcp6']
    .flatMap((table) => (read(`/proc/net/${table}`) ?? '').split('\n'))
    .map((line) => line.trim().split(/\s+/))
    .filter((fields) => fields[1]?.endsWith(`:${hex}`) && fields[3] === LISTENS)
    .map((fields) => `socket:[${fields[9]}]`);
  return allProcesses().find((pid) => openFilesOf(pid).some((file) => sockets.includes(file)));
}

/** The fields of /proc/<pid>/stat that follow the name: the state, the parent, … */
function statOf(pid: number): string[] | undefined {
  const text = read(`/proc/${pid}/stat`);
  return text?.slice(text.lastIndexOf(')') + 2).split(' ');
}

function allProcesses(): number[] {
  return list('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number);
}

function openFilesOf(pid: number): string[] {
  const folder = `/proc/${pid}/fd`;
  return list(folder).map((name) => {
    try {
      return readlinkSync(`${folder}/${name}`);
    } catch {
      return '';
    }
  });
}

function list(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
