# Two stages: the bundles are built with the pinned tools, and only they are shipped.
# A release passes the digest that the tag has at that time: node:26-slim@sha256:…
ARG BASE_IMAGE=node:26-slim

# The bundles are the same for every architecture: they are built on that of the builder.
FROM --platform=$BUILDPLATFORM ${BASE_IMAGE} AS build
WORKDIR /build
COPY package.json package-lock.json .npmrc ./
RUN npm ci
COPY tsconfig.json ./
COPY scripts ./scripts
COPY src ./src
RUN npm run build

FROM ${BASE_IMAGE}
LABEL org.opencontainers.image.title="gpupod-operator" \
  org.opencontainers.image.description="Kubernetes operator that rents GPUs at Prime Intellect" \
  org.opencontainers.image.licenses="Apache-2.0"
WORKDIR /app
COPY LICENSE ./
COPY --from=build /build/dist/gpupod-operator.mjs /build/dist/prime-simulator.mjs ./
COPY --from=build /build/dist/default-offers.yaml /build/dist/THIRD-PARTY-NOTICES.txt ./
# Any other numeric user will do as well: nothing is written.
USER 65532:65532
ENTRYPOINT ["node", "/app/gpupod-operator.mjs"]
