# Two stages: the bundle is built with the pinned tools, and only it is shipped.
FROM node:26-slim AS build
WORKDIR /build
COPY package.json package-lock.json .npmrc ./
RUN npm ci
COPY tsconfig.json ./
COPY scripts ./scripts
COPY src ./src
RUN npm run build

FROM node:26-slim
WORKDIR /app
COPY --from=build /build/dist/gpupod-operator.mjs ./
USER 65532:65532
ENTRYPOINT ["node", "/app/gpupod-operator.mjs"]
