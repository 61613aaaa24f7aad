# Debian with glibc: what Node builds and tests as its first tier, and the build that the tests of this repository run
# on. Alpine is smaller, but Node calls its musl builds experimental.
ARG NODE_IMAGE=node:24-slim

# No install scripts: nothing here needs one, and the npm package `node` would fetch a second Node.
FROM ${NODE_IMAGE} AS build
WORKDIR /app
COPY package.json package-lock.json ./
RUN --mount=type=cache,target=/root/.npm npm ci --ignore-scripts
COPY nest-cli.json tsconfig.json tsconfig.build.json ./
COPY src src
RUN npm run build

FROM ${NODE_IMAGE} AS modules
WORKDIR /app
COPY package.json package-lock.json ./
RUN --mount=type=cache,target=/root/.npm npm ci --omit=dev --ignore-scripts

FROM ${NODE_IMAGE}
LABEL org.opencontainers.image.title="decorated-profiles" \
      org.opencontainers.image.description="Keeps decorated profiles and speaks OData 4.01 and 4.0" \
      org.opencontainers.image.licenses="MIT"
RUN install -d -o 1000 -g 1000 -m 700 /data
WORKDIR /app
COPY --from=modules /app/node_modules node_modules
COPY --chmod=644 LICENSE package.json ./
COPY --from=build /app/dist dist
ENV NODE_ENV=production \
    HOST=0.0.0.0 \
    PORT=3000 \
    DATABASE_URL=/data/profiles.sqlite
VOLUME /data
USER 1000:1000
EXPOSE 3000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s --retries=3 \
  CMD ["node", "-e", "fetch('http://127.0.0.1:' + process.env.PORT + '/health/ready').then(async (answer) => { console.log(await answer.text()); process.exit(answer.ok ? 0 : 1); })"]
ENTRYPOINT []
CMD ["node", "dist/main.js"]
