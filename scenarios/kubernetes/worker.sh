#!/bin/sh
# Each device is a connection, and so a file descriptor: the soft limit of a container is often 1,024 where the hard one is a million.
set -eu
ulimit -S -n "$(ulimit -H -n)"
exec "$@"
