# Artillery, the engine and the plugin of this checkout, and nothing else: for one machine, Docker in CI, and Kubernetes.
#
#   docker build -t mqtt-mass-reconnect .
#   docker run --rm --ulimit nofile=1048576:1048576 -v "$PWD:/fleet" mqtt-mass-reconnect artillery run storm.yml
FROM node:24-bookworm-slim AS packages
WORKDIR /src
COPY package.json package-lock.json tsconfig.base.json ./
COPY engine engine
COPY results results
# Install scripts of strangers do not run. `prepare` builds both packages.
RUN npm ci --ignore-scripts \
 && npx tsc -b engine results \
 && mkdir /packages \
 && npm pack --workspaces --pack-destination /packages

FROM node:24-bookworm-slim
LABEL org.opencontainers.image.title="mqtt-mass-reconnect" \
      org.opencontainers.image.description="Rehearse the mass reconnect of an MQTT fleet before it happens" \
      org.opencontainers.image.licenses="MIT"
# It hands SIGTERM on, and reaps what Artillery leaves: process 1 of a container has neither by default.
RUN apt-get update \
 && apt-get install -y --no-install-recommends tini=0.19.* \
 && rm -rf /var/lib/apt/lists/*
WORKDIR /opt/artillery
COPY --from=packages /packages /packages
# Artillery would download a browser in an install script: there is no use for it here.
RUN npm init -y >/dev/null \
 && npm install --ignore-scripts --omit=dev --no-audit --no-fund artillery@2.0.34 /packages/*.tgz \
 && rm -rf /packages /root/.npm \
 && install -d -o 1000 -g 1000 /fleet
COPY --chmod=755 container/entry.sh /usr/local/bin/entry
ENV PATH=/opt/artillery/node_modules/.bin:$PATH \
    ARTILLERY_DISABLE_TELEMETRY=true \
    NODE_PATH=/opt/artillery/node_modules
# The user `node` of the image, as a number: Kubernetes can tell then that it is not root.
USER 1000
# Scripts are read here, and results written: mqtt-results/<run>.
WORKDIR /fleet
VOLUME ["/fleet"]
ENTRYPOINT ["tini", "-g", "--", "entry"]
CMD ["artillery", "--version"]
