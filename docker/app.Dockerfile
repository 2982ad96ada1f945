# Makes an image of any service: docker build -f docker/app.Dockerfile --build-arg APP=sender -t sendpool-sender .
# The sources run as they are (Node strips the types): no build step, no development dependencies.
# The same Node as in package.json, which the tests run on; README.md says how to renew the digest.
FROM node:24.21.0-bookworm-slim@sha256:2fe369e969550cde8e867afc3fe370b260140cab4a23d467074295b42163d553 AS base

FROM base AS packages
ARG APP
WORKDIR /srv
COPY package.json package-lock.json ./
COPY apps apps
COPY libs libs
# Only what this service needs. Scripts of packages are not run; what is optional belongs to the launcher of `npm start`.
RUN --mount=type=cache,target=/root/.npm \
    test -f "apps/$APP/src/main.ts" && \
    npm ci --workspace="apps/$APP" --omit=dev --omit=optional --ignore-scripts --no-audit --no-fund && \
    mkdir /state

FROM base
ARG APP
ARG VERSION=0.1.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="sendpool-${APP}" \
      org.opencontainers.image.description="The ${APP} service of Sendpool" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.licenses="MIT"
WORKDIR /srv
COPY --from=packages /srv/node_modules node_modules
COPY --from=packages /srv/libs libs
COPY --from=packages /srv/apps/${APP} apps/${APP}
# For STATE_DIR; a volume that is laid over it takes this owner.
COPY --from=packages --chown=1000:1000 /state /state
WORKDIR /srv/apps/${APP}
ENV NODE_ENV=production \
    HTTP_HOST=0.0.0.0 \
    HTTP_PORT=8080
# The user `node` of the base image, by number: orchestrators can then see that it is not root.
USER 1000:1000
EXPOSE 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=60s --retries=3 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.HTTP_PORT}/healthz`).then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
# Without a shell between: node is process 1 and gets SIGTERM itself.
CMD ["node", "--disable-warning=ExperimentalWarning", "src/main.ts"]
