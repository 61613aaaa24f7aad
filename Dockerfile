# Debian, for its glibc: Node's first-tier platform, and the kind of build that the tests run on. The musl builds of
# Alpine's image are smaller, and experimental. What is published is built from a digest, so that it can be built again:
#
#   docker buildx build --platform linux/amd64,linux/arm64 --build-arg NODE_IMAGE=node:24-slim@sha256:… \
#     --build-arg REVISION=$(git rev-parse HEAD) --build-arg CREATED=$(git show -s --format=%cI) -t … --push .
ARG NODE_IMAGE=node:24-slim

# Neither install runs scripts: no package needs one here, and that of `node` would fetch a second Node.
FROM ${NODE_IMAGE} AS build
WORKDIR /app
COPY package.json package-lock.json ./
RUN --mount=type=cache,target=/root/.npm npm ci --ignore-scripts
COPY nest-cli.json tsconfig.json tsconfig.build.json ./
COPY scripts/build.ts scripts/bundle.ts scripts/sbom.ts scripts/
RUN node scripts/sbom.ts > /sbom.cdx.json
COPY src src
RUN node scripts/build.ts
# There is no repository here that knows it: docker build --build-arg REVISION=$(git rev-parse HEAD)
ARG REVISION=
RUN printf '%s' "$REVISION" > dist/revision.txt

# Node, the libraries that it is linked with, and nothing else: no shell, no package manager, nobody's tools.
FROM ${NODE_IMAGE} AS runtime
RUN install -d /runtime/etc /runtime/usr/local/bin \
 && install -d -m 1777 /runtime/tmp \
 # The one folder that the process writes to, and its own; everything else is root's. A new volume takes over the owner.
 && install -d -o 1000 -g 1000 -m 700 /runtime/data \
 && echo 'node:x:1000:1000::/:/sbin/nologin' > /runtime/etc/passwd \
 && echo 'hosts: files dns' > /runtime/etc/nsswitch.conf \
 && cp "$(command -v node)" /runtime/usr/local/bin/ \
 && ldd "$(command -v node)" | grep -o '/[^ ]*' | xargs cp --parents -L -t /runtime \
 && for notice in /usr/local/LICENSE /usr/share/doc/libc6 /usr/share/doc/libstdc++6; do \
      if [ -e "$notice" ]; then cp --parents -r "$notice" /runtime; fi; \
    done

FROM scratch
ARG NODE_IMAGE
ARG REVISION=
ARG CREATED=
ARG SOURCE=
LABEL org.opencontainers.image.title="decorated-profiles" \
      org.opencontainers.image.description="Keeps decorated profiles and speaks OData 4.01 and 4.0" \
      org.opencontainers.image.version="0.2.0" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.created="${CREATED}" \
      org.opencontainers.image.source="${SOURCE}" \
      org.opencontainers.image.base.name="${NODE_IMAGE}" \
      org.opencontainers.image.licenses="MIT"
COPY --from=runtime /runtime /
WORKDIR /app
COPY --chmod=644 LICENSE package.json ./
# What is in it, as CycloneDX.
COPY --from=build --chmod=644 /sbom.cdx.json ./
# All but what is loaded with the first pattern is bundled. The folder keeps its path: what V8 made of the code counts for it.
COPY --from=build /app/node_modules/re2js node_modules/re2js
COPY --from=build /app/dist/main.js /app/dist/revision.txt dist/
COPY --from=build /app/dist/commands dist/commands
COPY --from=build /app/dist/service dist/service
COPY --from=build /app/dist/.compile-cache dist/.compile-cache
# SQLite sorts and builds large indexes in temporary files: without a place for them it fails on a read-only root.
ENV PATH=/usr/local/bin \
    NODE_ENV=production \
    HOST=0.0.0.0 \
    PORT=3000 \
    METRICS_PORT=9464 \
    DATABASE_URL=/data/profiles.sqlite \
    SQLITE_TMPDIR=/data
VOLUME /data
USER 1000:1000
# 9464 is for the monitoring only: it asks nobody who they are.
EXPOSE 3000 9464
STOPSIGNAL SIGTERM
# Ready, not live: Docker keeps one state, and who waits for it (`service_healthy`, a rolling update) asks whether the
# container serves. A store that is lost while the process runs shows there only.
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s --retries=3 \
  CMD ["node", "-e", "fetch('http://127.0.0.1:' + process.env.PORT + '/health/ready').then(async (answer) => { console.log(await answer.text()); process.exit(answer.ok ? 0 : 1); })"]
# No shell before Node: it is process 1 and gets the signals.
ENTRYPOINT []
CMD ["node", "dist/main.js"]
