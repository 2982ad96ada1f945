/** The connection is reset after each single byte of a whole conversation, in either direction: never two copies, never a silent loss. */
import assert from 'node:assert/strict';
import { createServer, connect, type AddressInfo, type Server, type Socket } from 'node:net';
import { once } from 'node:events';
import { describe, it } from 'node:test';
import { breakerLimits } from '../domain/breaker.ts';
import { poolRecord, startSink, type Sink } from '@sendpool/testing';
import { createHarness, messageFor, serverAt, type Harness } from './harness.fixture.ts';

type Direction = 'TO_SERVER' | 'TO_CLIENT';
type Cut = { direction: Direction; after: number };
type Wire = { readonly port: number; cut: Cut; close(): Promise<void> };

/** Hands on what comes, but no byte past the cut: then both ends are reset. */
const handOn = (from: Socket, to: Socket, left: { bytes: number }): void => {
  from.on('data', (data: Buffer) => {
    const part = data.subarray(0, left.bytes);
    left.bytes -= part.length;
    to.write(part, () => {
      if (left.bytes > 0) return;
      to.resetAndDestroy();
      from.resetAndDestroy();
    });
  });
  from.on('error', () => to.destroy());
  from.on('close', () => to.destroy());
};

const leftOf = (cut: Cut, direction: Direction): { bytes: number } => ({
  bytes: cut.direction === direction ? cut.after : Infinity,
});

const startWire = async (target: number): Promise<Wire> => {
  const wire: { cut: Cut } = { cut: { direction: 'TO_SERVER', after: Infinity } };
  const server: Server = createServer((client) => {
    const upstream = connect(target, '127.0.0.1');
    handOn(client, upstream, leftOf(wire.cut, 'TO_SERVER'));
    handOn(upstream, client, leftOf(wire.cut, 'TO_CLIENT'));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const close = async (): Promise<void> => {
    server.close();
    await once(server, 'close');
  };
  return Object.assign(wire, { port: (server.address() as AddressInfo).port, close });
};

const copiesOf = (sinks: readonly Sink[], recipient: number): number =>
  sinks.flatMap(({ received }) => received).filter(({ to }) => to === messageFor(recipient).request.email).length;

const checkEnd = (
  harness: Harness,
  sinks: readonly Sink[],
  { recipient, where }: { recipient: number; where: string },
): string => {
  const [report] = harness.keeper.finished.get(recipient) ?? [];
  assert.ok(report !== undefined, `${where}: there is no outcome`);
  const copies = copiesOf(sinks, recipient);
  if (report.outcome === 'UNKNOWN') assert.ok(copies <= 1, `${where}: UNKNOWN, and ${copies} copies`);
  // So many failures in a row are more than the retry budget: some wait instead of moving on.
  else if (report.reason === 'RETRY_BUDGET') assert.equal(copies, 0, `${where}: deferred`);
  else assert.deepEqual([report.outcome, copies], ['ACCEPTED', 1], `${where}: outcome and copies`);
  return report.outcome;
};

/** No failure takes the server out of use here: each byte is to be tried. */
const patient = { ...breakerLimits, failures: 1_000_000 };
/** More bytes than the conversation has. */
const most = 2_000;

type Scene = { harness: Harness; sinks: readonly Sink[]; wire: Wire };

/** Server `a` lies behind the wire, `b` is well. */
const openScene = async (): Promise<Scene & AsyncDisposable> => {
  const [a, b] = [await startSink(), await startSink()];
  const wire = await startWire(a.port);
  const harness = createHarness({ settings: { breaker: patient } });
  harness.server(serverAt(wire.port, { id: 'a' }));
  harness.server(serverAt(b.port, { id: 'b' }));
  harness.dispatcher.settings.pool(poolRecord({ a: 1, b: 1 }));
  const close = async (): Promise<void> => {
    harness.dispatcher.close();
    await Promise.all([a.stop(), b.stop(), wire.close()]);
  };
  return { harness, sinks: [a, b], wire, [Symbol.asyncDispose]: close };
};

const tryEachByte = async (direction: Direction): Promise<{ cuts: number; unknown: number }> => {
  await using scene = await openScene();
  const { harness, sinks, wire } = scene;
  let unknown = 0;
  for (let after = 1; after < most; after += 1) {
    wire.cut = { direction, after };
    harness.dispatcher.offer(messageFor(after, { serverHint: 'a' }));
    await harness.untilEnded(after);
    const outcome = checkEnd(harness, sinks, { recipient: after, where: `reset after byte ${after} ${direction}` });
    if (outcome === 'UNKNOWN') unknown += 1;
    else if (harness.keeper.finished.get(after)![0]!.hops.length === 0) return { cuts: after - 1, unknown };
  }
  throw new Error('the conversation has no end');
};

describe('a connection that is reset', () => {
  it('after any byte that the sender wrote moves the message, or leaves it UNKNOWN once the final dot may have left', async (test) => {
    const { cuts, unknown } = await tryEachByte('TO_SERVER');
    test.diagnostic(`${cuts} places, ${unknown} of them UNKNOWN`);
    assert.ok(cuts > 100 && unknown >= 1 && unknown < cuts);
  });

  it('after any byte that the server wrote moves the message, or leaves it UNKNOWN when the last reply was lost', async (test) => {
    const { cuts, unknown } = await tryEachByte('TO_CLIENT');
    test.diagnostic(`${cuts} places, ${unknown} of them UNKNOWN`);
    assert.ok(cuts > 100 && unknown >= 1 && unknown < cuts);
  });
});
