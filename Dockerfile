# The server in one image: the explorer is built with Node, the wheel with Python; neither is shipped.

FROM node:24-slim AS explorer
WORKDIR /build
COPY explorer/ explorer/
RUN cd explorer && npm ci --no-audit --no-fund && npm run build

FROM python:3.13-slim AS wheel
WORKDIR /build
COPY constraints.txt ./
RUN python -m venv /opt/ordergraph \
    && /opt/ordergraph/bin/pip install --no-cache-dir --disable-pip-version-check --upgrade pip
COPY pyproject.toml README.md LICENSE ./
COPY migrations/ migrations/
COPY src/ src/
COPY --from=explorer /build/src/ordergraph/web/static/explorer/ src/ordergraph/web/static/explorer/
RUN /opt/ordergraph/bin/pip install --no-cache-dir --disable-pip-version-check -c constraints.txt .

FROM python:3.13-slim
RUN useradd --system --uid 10001 --home-dir /var/lib/ordergraph --create-home ordergraph
COPY --from=wheel /opt/ordergraph /opt/ordergraph
USER ordergraph
WORKDIR /var/lib/ordergraph
ENV PATH=/opt/ordergraph/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    ORDERGRAPH_DATA_DIR=/var/lib/ordergraph/data \
    ORDERGRAPH_LOG_JSON=true
RUN mkdir data
VOLUME /var/lib/ordergraph/data
EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s CMD \
    ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/health/ready', timeout=2)"]
ENTRYPOINT ["ordergraph"]
CMD ["serve", "--host", "0.0.0.0"]
