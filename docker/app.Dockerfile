# One image for every service: docker build -f docker/app.Dockerfile --build-arg APP=sender -t sendpool-sender .
# The sources run as they are; no build step, no development dependencies, no root.
FROM node:24-bookworm-slim
ENV NODE_ENV=production
WORKDIR /srv
COPY package.json package-lock.json ./
COPY apps apps
COPY libs libs
RUN npm ci --omit=dev --omit=optional
ARG APP
ENV APP=$APP HTTP_HOST=0.0.0.0 HTTP_PORT=8080
USER node
EXPOSE 8080
STOPSIGNAL SIGTERM
# `exec`, so that SIGTERM reaches node.
CMD ["sh", "-c", "exec node apps/$APP/src/main.ts"]
