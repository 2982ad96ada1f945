/** Numbers of a GraphQL door. The observer has the shape that the doors of libs/graphql take. */
import type { Metrics } from './metrics.ts';

export type GraphQLMetrics = {
  answered(done: { operation: string; code: string; seconds: number }): void;
  asked(done: { upstream: string; result: string; seconds: number }): void;
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
  return {
    answered: createAnswered(metrics),
    asked: ({ upstream, result, seconds }) => duration.observe({ upstream, result }, seconds),
  };
};
