/** Numbers of a GraphQL door. The observer has the shape that the doors of libs/graphql take. */
import type { Metrics } from './metrics.ts';

export type GraphQLMetrics = {
  answered(done: { operation: string; code: string; seconds: number }): void;
  asked(done: { upstream: string; result: string; seconds: number }): void;
  connected(transport: string, change: 1 | -1): void;
  pushed(transport: string): void;
};

const createAnswered = (metrics: Metrics): GraphQLMetrics['answered'] => {
  const requests = metrics.counter(
    'graphql_requests_total',
    'Answers by type of operation and code of the first error.',
    ['operation', 'code'],
  );
  const duration = metrics.histogram('graphql_request_duration_seconds', 'From a request to its answer.', {
    labels: ['operation'],
  });
  return ({ operation, code, seconds }) => {
    requests.inc({ operation, code });
    duration.observe({ operation }, seconds);
  };
};

/** The door of a service. */
export const createDoorMetrics = (metrics: Metrics): Pick<GraphQLMetrics, 'answered'> => ({
  answered: createAnswered(metrics),
});

/** The door of the gateway, which asks the services behind it. */
export const createGatewayMetrics = (metrics: Metrics): GraphQLMetrics => {
  const name = 'gateway_upstream_request_duration_seconds';
  const duration = metrics.histogram(name, 'One question to one replica of a service.', {
    labels: ['upstream', 'result'],
  });
  const connections = metrics.gauge('gateway_live_connections', 'Open sockets and event streams.', ['transport']);
  const results = metrics.counter('gateway_live_results_total', 'Results sent on them.', ['transport']);
  return {
    answered: createAnswered(metrics),
    connected: (transport, change) => connections.inc({ transport }, change),
    pushed: (transport) => results.inc({ transport }),
    asked: ({ upstream, result, seconds }) => duration.observe({ upstream, result }, seconds),
  };
};
