#!/bin/sh
# Each device is a connection, and so a file descriptor: the soft limit of a container is often 1,024 where the hard one is a million.
set -eu
ulimit -S -n "$(ulimit -H -n)" 2>/dev/null || true
echo "open files: $(ulimit -S -n), one for each device; docker run --ulimit nofile=N:N sets another limit" >&2
exec "$@"
