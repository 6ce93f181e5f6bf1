import { spawn } from 'node:child_process';
import { connect } from 'node:net';
import type { ServerChannel } from 'ssh2';
import type { InstanceHome } from './instance-home.ts';

const NOT_EXECUTABLE = 126;
const KILLED = 137;

/** Ends a command with everything that it started. */
export type Kill = () => void;

/**
 * Runs a command, or a shell that reads commands, in the home of an instance. Its output and exit code go to the
 * channel.
 */
export function runCommand(home: InstanceHome, channel: ServerChannel, command: string | undefined): Kill {
  const args = command === undefined ? [] : ['-c', command];
  // A process group of its own, so that the whole of it can be ended.
  const child = spawn('/bin/sh', args, { cwd: home.path, env: home.env, detached: true });
  const kill = (): void => {
    try {
      if (child.pid !== undefined) {
        process.kill(-child.pid, 'SIGKILL');
      }
    } catch {
      // It has ended already.
    }
  };
  // A command may end without reading all of its input.
  child.stdin.on('error', () => undefined);
  child.on('error', () => undefined);
  channel.on('error', () => undefined);
  channel.pipe(child.stdin);
  child.stdout.pipe(channel, { end: false });
  child.stderr.pipe(channel.stderr, { end: false });
  channel.on('close', kill);
  child.on('close', (code) => {
    channel.exit(code ?? KILLED);
    channel.end();
  });
  return kill;
}

/** The answer to every command while the simulator runs none. */
export function refuseCommand(channel: ServerChannel): void {
  channel.stderr.write('This simulator runs no commands. Start it with --ssh-commands.\n');
  channel.exit(NOT_EXECUTABLE);
  channel.end();
}

/** Connects a forwarded port (`ssh -L`) with a server on this computer's loopback address. */
export function forwardPort(port: number, accept: () => ServerChannel, reject: () => void): void {
  const socket = connect(port, '127.0.0.1');
  socket.once('error', reject);
  socket.once('connect', () => {
    socket.off('error', reject);
    const channel = accept();
    socket.on('error', () => channel.end());
    channel.on('error', () => socket.destroy());
    channel.on('close', () => socket.destroy());
    socket.pipe(channel).pipe(socket);
  });
}
