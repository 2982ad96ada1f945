/** Each rule for the image bites. */
import { eachIsFound, type Spoiling } from './spoil.ts';

const image = 'docker/app.Dockerfile';

const spoilings: Spoiling[] = [
  { what: 'a base by tag', file: image, from: /@sha256:\w+/, to: '', fault: /not pinned/ },
  { what: 'a floating version', file: image, from: /node:[\d.]+-/, to: 'node:24-', fault: /not pinned/ },
  {
    what: 'an untested Node',
    file: image,
    from: /node:[\d.]+-/,
    to: 'node:24.0.1-',
    fault: /not the one of package\.json/,
  },
  { what: 'a second base', file: image, from: '\nFROM base\n', to: '\nFROM node:24\n', fault: /not pinned/ },
  { what: 'root', file: image, from: 'USER 1000:1000', to: 'USER 0:0', fault: /USER/ },
  { what: 'a user by name', file: image, from: 'USER 1000:1000', to: 'USER node', fault: /USER/ },
  {
    what: 'another stop signal',
    file: image,
    from: 'STOPSIGNAL SIGTERM',
    to: 'STOPSIGNAL SIGKILL',
    fault: /STOPSIGNAL/,
  },
  {
    what: 'a shell around node',
    file: image,
    from: /^CMD \["node".*/m,
    to: 'CMD node src/main.ts',
    fault: /without a shell/,
  },
  {
    what: 'an entry point',
    file: image,
    from: /^STOPSIGNAL/m,
    to: 'ENTRYPOINT ["sh"]\nSTOPSIGNAL',
    fault: /ENTRYPOINT/,
  },
  { what: 'no health check', file: image, from: '/healthz', to: '/', fault: /HEALTHCHECK/ },
  { what: 'development dependencies', file: image, from: '--omit=dev ', to: '', fault: /development/ },
  { what: 'scripts of packages', file: image, from: '--ignore-scripts ', to: '', fault: /scripts/ },
  { what: 'a service on loopback', file: image, from: 'HTTP_HOST=0.0.0.0', to: 'HTTP_HOST=127.0.0.1', fault: /listen/ },
  { what: 'no labels', file: image, from: 'image.title', to: 'image.name', fault: /label/ },
  {
    what: 'a context with everything',
    file: '.dockerignore',
    from: '\n*\n',
    to: '\n',
    fault: /leaving everything out/,
  },
  { what: 'secrets in the context', file: '.dockerignore', from: '**/.env', to: '', fault: /lets \*\*\/\.env in/ },
];

eachIsFound('the image', spoilings);
