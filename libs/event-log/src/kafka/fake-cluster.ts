/** For specs: a cluster whose node n leads partition n, and whose answers the spec gives. */
import type { Broker, Cluster } from './client.ts';
import type { RequestName } from './protocol.ts';

const unused = (): never => {
  throw new Error('not asked for in this spec');
};

export type FakeCluster = {
  cluster: Cluster;
  /** Topics whose leaders were asked for anew. */
  refreshes: string[];
};

export const fakeCluster = (
  answer: (nodeId: number, name: RequestName, ask: object) => Promise<object>,
): FakeCluster => {
  const refreshes: string[] = [];
  const brokerOf = (nodeId: number): Broker => ({
    address: { host: 'fake', port: nodeId },
    isOpen: () => true,
    request: (name, ask) => answer(nodeId, name, ask),
  });
  const cluster: Cluster = {
    leaders: (topic, fresh) => {
      if (fresh !== undefined) refreshes.push(topic);
      return Promise.resolve(new Map([0, 1, 2].entries()));
    },
    broker: (nodeId) => Promise.resolve(brokerOf(nodeId)),
    any: () => Promise.resolve(brokerOf(0)),
    controller: unused,
    coordinator: unused,
    metadata: unused,
    isConnected: () => true,
    ping: unused,
    close: () => undefined,
  };
  return { cluster, refreshes };
};
