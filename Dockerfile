# The course in a container, for one person:
#     docker build -t rlcourse .
#     docker run --rm -it -p 127.0.0.1:8888:8888 -v rlcourse-work:/home/learner/course/notebooks rlcourse
# The Lab prints the address with its token. Nothing is open until `-p` says so, and then on this machine only.
FROM python:3.11-slim-bookworm

RUN useradd --create-home --uid 1000 learner
USER 1000:1000
WORKDIR /home/learner/course
ENV PATH=/home/learner/.venv/bin:$PATH \
    OMP_NUM_THREADS=1

# The packages first: they are installed again only when this file changes. PyTorch's build for processors spares
# several gigabytes of GPU libraries.
COPY --chown=1000:1000 requirements.txt ./
RUN python -m venv /home/learner/.venv \
    && sed '/^-e/d' requirements.txt > /tmp/packages.txt \
    && pip install --no-cache-dir --extra-index-url https://download.pytorch.org/whl/cpu -r /tmp/packages.txt

COPY --chown=1000:1000 . .
RUN pip install --no-cache-dir --no-deps -e .

# 0.0.0.0 is the container's own side, without which `-p` would reach nothing.
CMD ["jupyter", "lab", "--ip=0.0.0.0", "--no-browser", "notebooks/00_start_here.ipynb"]
