# DProtoNet Review in a container. Research use, not for diagnosis.
#
#   docker build -t dprotonet-review .
#   docker run --rm --init -p 127.0.0.1:8501:8501 -v dprotonet-data:/data dprotonet-review
#
# It listens on every address of the container, so it asks everybody to sign in: at the first start it
# prints the address by which the first administrator sets a password. Before others reach it, put a
# proxy with https in front and name the host: DPROTONET_HOSTS=review.example. docs/operations.md has a
# command that gives the container no more than it needs.
FROM python:3.11-slim

# What the allocator and OpenMP need to be quick beside a busy neighbour: see the Makefile.
ENV PYTHONUNBUFFERED=1 \
    OMP_WAIT_POLICY=PASSIVE \
    GOMP_SPINCOUNT=2000 \
    MALLOC_TRIM_THRESHOLD_=536870912

WORKDIR /opt/dprotonet-review

# A number as well as a name, so that an orchestrator can check that it is not root.
RUN groupadd --gid 10001 dprotonet \
    && useradd --uid 10001 --gid dprotonet --home-dir /data --no-create-home \
        --shell /usr/sbin/nologin dprotonet \
    && install --directory --owner=dprotonet --group=dprotonet --mode=0750 /data

# The requirements change seldom and take minutes; the code changes often and takes none.
COPY requirements.txt ./
RUN pip install --no-cache-dir --disable-pip-version-check --require-hashes -r requirements.txt

COPY LICENSE CITATION.cff README.md ./
COPY assets/ assets/
COPY dprotonet/ dprotonet/
COPY training/ training/
COPY app/ app/
# The user below may write nothing here: what Python would compile at each start is compiled now.
RUN python -m compileall -q dprotonet training app

# Inside, every address must be listened on, or nothing comes through the published port.
ENV HOME=/data \
    DPROTONET_DATA=/data \
    DPROTONET_ADDRESS=0.0.0.0 \
    DPROTONET_PORT=8501 \
    DPROTONET_BEHIND_PROXY=1 \
    DPROTONET_SIGN_IN=accounts

USER 10001:10001
VOLUME /data
EXPOSE 8501

# Not curl, which the base image has not; by the loopback, which every Host check lets through.
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s --retries=3 \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8501/healthz', timeout=4)"]

# Without a shell in between, so that `docker stop` reaches the program itself.
CMD ["python", "-m", "app"]
