FROM python:3.11-slim-bookworm

RUN apt-get update \
 && apt-get install --yes --no-install-recommends socat \
 && rm -rf /var/lib/apt/lists/* \
 && useradd --create-home --uid 10001 lockstep \
 && install -d -o lockstep -g lockstep /data /files

WORKDIR /app
COPY requirements/run.txt requirements/run.txt
RUN pip install --no-cache-dir --no-deps --require-hashes -r requirements/run.txt

COPY pyproject.toml hatch_build.py README.md LICENSE ./
COPY graph graph
COPY ingest ingest
COPY detectors detectors
COPY cases cases
COPY governance governance
COPY dashboard dashboard
COPY lockstep lockstep
RUN pip install --no-cache-dir --no-deps --no-build-isolation .

USER lockstep
WORKDIR /data
VOLUME /data
ENV LOCKSTEP_STORE_DATA_DIR=/data
ENTRYPOINT ["lockstep"]
CMD ["--help"]
