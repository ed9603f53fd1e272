#!/usr/bin/env bash
# container/smoke.sh IMAGE: runs the README's script in it, on the embedded broker, and looks at what it leaves behind.
set -euo pipefail
image="$1"
here="$(cd "$(dirname "$0")/.." && pwd)"
fleet="$(mktemp -d)"
trap 'rm -rf "$fleet"' EXIT
sed -n '/^## In a project of your own/,/^## Scenarios/{/^```yaml/,/^```/p}' "$here/README.md" | sed '/^```/d' > "$fleet/storm.yml"
test -s "$fleet/storm.yml"

run() { docker run --rm --user "$(id -u):$(id -g)" --ulimit nofile=4096:8192 -v "$fleet:/fleet" "$image" "$@"; }
run artillery run storm.yml 2>&1 | tee "$fleet/said.txt"
grep -q '^open files: 8192,' "$fleet/said.txt"
grep -q 'RECOVERED' "$fleet/said.txt"
test -s "$fleet"/mqtt-results/*/report.html
run mqtt-results report mqtt-results/* > /dev/null

test "$(docker run --rm "$image" id -u 2>/dev/null)" = 1000
docker run --rm --entrypoint sh "$image" -c '
  ! find / -xdev \( -iname "*chromium*" -o -iname "chrome-linux*" \) -type d -not -path "*/node_modules/*" | grep . &&
  ! ls -d /opt/artillery/node_modules/typescript /opt/artillery/node_modules/vitest 2>/dev/null | grep .'
echo "the image works"
