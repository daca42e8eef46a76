# Builds the executable, then ships it alone.
FROM oven/bun:1.4.5 AS build
WORKDIR /build
# The packages first: they change less often than the sources, so their layer is kept.
COPY package.json bun.lock bunfig.toml ./
RUN bun install --frozen-lockfile --production
COPY tsconfig.json LICENSE ./
COPY .ci ./.ci
COPY src ./src
RUN bun run build

FROM debian:13-slim
# A fixed number, so that the owner of a mounted folder can be set from outside.
RUN groupadd --gid 10001 webhooker \
 && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /data --shell /usr/sbin/nologin webhooker \
 && install -d -o webhooker -g webhooker -m 0700 /data /data/events
COPY --from=build /build/dist/webhooker /usr/local/bin/webhooker
ENV WEBHOOKER_ENVIRONMENT=prod
USER webhooker
WORKDIR /data
VOLUME /data
EXPOSE 8080
HEALTHCHECK --interval=30s --timeout=5s --start-period=10s CMD ["webhooker", "healthcheck"]
ENTRYPOINT ["webhooker"]
CMD ["serve"]
