# One image for every service: docker build -f docker/app.Dockerfile --build-arg APP=sender -t sendpool-sender .
# The sources run as they are (Node strips the types): no build step, no development dependencies.
# node:24-bookworm-slim as of Node 24.18; docker/README.md says how to renew the digest.
FROM node:24-bookworm-slim@sha256:6f7b03f7c2c8e2e784dcf9295400527b9b1270fd37b7e9a7285cf83b6951452d AS packages
WORKDIR /srv
COPY package.json package-lock.json ./
COPY apps apps
COPY libs libs
# Scripts of packages are not run, and what only some machines can have (the embedded PostgreSQL, Node itself) is left out.
RUN npm ci --omit=dev --omit=optional --ignore-scripts --no-audit --no-fund

FROM node:24-bookworm-slim@sha256:6f7b03f7c2c8e2e784dcf9295400527b9b1270fd37b7e9a7285cf83b6951452d
ARG APP
RUN test -n "$APP" && mkdir -p /state && chown 1000:1000 /state
COPY --from=packages /srv /srv
WORKDIR /srv/apps/${APP}
ENV NODE_ENV=production \
    HTTP_HOST=0.0.0.0 \
    HTTP_PORT=8080
LABEL org.opencontainers.image.title="sendpool-${APP}" \
      org.opencontainers.image.licenses="MIT"
# The user `node` of the base image, by number: orchestrators can then see that it is not root.
USER 1000:1000
EXPOSE 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=60s --retries=3 \
  CMD ["node", "-e", "fetch('http://127.0.0.1:8080/healthz').then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
# Without a shell between: node is process 1 and gets SIGTERM itself.
CMD ["node", "--disable-warning=ExperimentalWarning", "src/main.ts"]
