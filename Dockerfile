# syntax=docker/dockerfile:1
#
# One small image for each stage, and one for the tool:
#   docker build --target collector .      collector, enricher, activation, loader, reporting, omni; door
# PROFILE=dist links across crates: smaller and faster, and some ten minutes more to build. PROFILE=dev builds sooner, and is slow.

FROM node:20-bookworm-slim AS web
WORKDIR /src/web
COPY web/package.json web/package-lock.json ./
RUN --mount=type=cache,target=/root/.npm npm ci --no-audit --no-fund
COPY web ./
RUN npm run build

FROM rust:1.95-bookworm AS build
ARG PROFILE=release
WORKDIR /src
# Without the page: a change of the page builds no Rust.
COPY Cargo.toml Cargo.lock LICENSE ./
COPY schemas schemas
COPY templates templates
COPY tests tests
COPY deploy/aws-lambda deploy/aws-lambda
COPY crates crates
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    --mount=type=cache,target=/src/target,sharing=locked \
    cargo build --locked --profile "$PROFILE" --bins \
        --package omni --package omni-collector --package omni-enricher \
        --package omni-activation --package omni-loader --package omni-reporting \
    && mkdir -p /out \
    && folder="target/$PROFILE" && if [ "$PROFILE" = dev ]; then folder=target/debug; fi \
    && find "$folder" -maxdepth 1 -type f -name 'omni*' -perm -u+x -exec cp {} /out/ \;

# What every image stands on: certificates, OpenSSL, libcurl (tokens for Kafka), a user without rights.
FROM debian:bookworm-slim AS base
RUN apt-get update \
    && apt-get install -y --no-install-recommends ca-certificates libcurl4 libssl3 \
    && rm -rf /var/lib/apt/lists/* /var/cache/apt/* \
    && groupadd --gid 10001 omni \
    && useradd --uid 10001 --gid omni --no-create-home --home-dir /var/lib/omni --shell /usr/sbin/nologin omni \
    && install -d -o omni -g omni /var/lib/omni /var/lib/omni/spool /var/lib/omni/enricher /etc/omni
ENV OMNI_CONFIG=/etc/omni/omni.toml \
    OMNI_STAGE__LOG_FORMAT=json \
    MALLOC_ARENA_MAX=2 \
    MIMALLOC_ARENA_EAGER_COMMIT=0 \
    MIMALLOC_PURGE_DELAY=0
WORKDIR /var/lib/omni
USER 10001:10001

FROM base AS collector
COPY --from=build /out/omni-collector /usr/local/bin/
VOLUME /var/lib/omni/spool
EXPOSE 8080 9101
HEALTHCHECK --interval=5s --timeout=4s --start-period=30s --retries=3 \
    CMD ["omni-collector", "--probe", "http://127.0.0.1:9101/readyz"]
ENTRYPOINT ["omni-collector"]

FROM base AS enricher
# It makes and drops the same megabytes with every batch (bench/README.md).
ENV MIMALLOC_PURGE_DELAY=100
COPY --from=build /out/omni-enricher /usr/local/bin/
VOLUME /var/lib/omni/enricher
EXPOSE 9102
HEALTHCHECK --interval=5s --timeout=4s --start-period=60s --retries=3 \
    CMD ["omni-enricher", "--probe", "http://127.0.0.1:9102/readyz"]
ENTRYPOINT ["omni-enricher"]

FROM base AS activation
COPY --from=build /out/omni-activation /usr/local/bin/
EXPOSE 9103
HEALTHCHECK --interval=5s --timeout=4s --start-period=30s --retries=3 \
    CMD ["omni-activation", "--probe", "http://127.0.0.1:9103/readyz"]
ENTRYPOINT ["omni-activation"]

FROM base AS loader
# As the enricher; longer would need more than 80 MiB (bench/README.md).
ENV MIMALLOC_PURGE_DELAY=40
COPY --from=build /out/omni-loader /usr/local/bin/
EXPOSE 9104
HEALTHCHECK --interval=5s --timeout=4s --start-period=30s --retries=3 \
    CMD ["omni-loader", "--probe", "http://127.0.0.1:9104/readyz"]
ENTRYPOINT ["omni-loader"]

FROM base AS reporting
COPY --from=build /out/omni-reporting /usr/local/bin/
COPY --from=web /src/web/dist /usr/share/omni/web
EXPOSE 8090 9105
HEALTHCHECK --interval=5s --timeout=4s --start-period=30s --retries=3 \
    CMD ["omni-reporting", "--probe", "http://127.0.0.1:9105/readyz"]
ENTRYPOINT ["omni-reporting"]

# What stands in front of several collectors (docker-compose.production.yml).
FROM debian:bookworm-slim AS door
RUN apt-get update \
    && apt-get install -y --no-install-recommends haproxy \
    && rm -rf /var/lib/apt/lists/* /var/cache/apt/*
USER haproxy
EXPOSE 8080
# SIGUSR1 lets open connections end.
STOPSIGNAL SIGUSR1
ENTRYPOINT ["haproxy", "-db", "-f", "/etc/haproxy/haproxy.cfg"]

FROM base AS omni
COPY --from=build /out/omni /usr/local/bin/
EXPOSE 8070
ENTRYPOINT ["omni"]
