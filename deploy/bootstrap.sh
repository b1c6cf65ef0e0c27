#!/usr/bin/env bash
# Everything a fresh Debian or Ubuntu with Python >= 3.11 needs: system packages and .venv.
# Costs nothing when done. Usage: deploy/bootstrap.sh [run|test|bench]
set -euo pipefail
cd "$(dirname "$0")/.."

purpose="${1:-run}"
# Whoever is ready to measure is ready to test, and whoever is ready to test is ready to run.
case "$purpose" in
    run) enough=(run test bench) ;;
    test) enough=(test bench) ;;
    bench) enough=(bench) ;;
    *) printf 'Usage: deploy/bootstrap.sh [run|test|bench]\n' >&2 && exit 2 ;;
esac
stamp=".venv/.ready-$purpose"
wanted="$(cat requirements.lock deploy/bootstrap.sh pyproject.toml | sha256sum | cut -d' ' -f1)"
for purpose_before in "${enough[@]}"; do
    done_before=".venv/.ready-$purpose_before"
    if [ -f "$done_before" ] && [ "$(cat "$done_before")" = "$wanted" ]; then exit 0; fi
done

say() { printf '%s\n' "$*" >&2; }

python=""
for candidate in python3.13 python3.12 python3.11 python3; do
    if command -v "$candidate" >/dev/null &&
        "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
        python="$candidate"
        break
    fi
done
if [ -z "$python" ]; then
    say "Python 3.11 or newer is needed. On Debian 12, Ubuntu 24.04 or newer: apt install python3"
    exit 1
fi

# program on the path -> Debian package that brings it
missing=()
need() { command -v "$1" >/dev/null || [ -x "/usr/sbin/$1" ] || missing+=("$2"); }
need tesseract tesseract-ocr
[ -n "$(find /usr/share/tesseract-ocr -name swe.traineddata 2>/dev/null)" ] ||
    missing+=(tesseract-ocr-swe)
"$python" -c 'import ensurepip, venv' 2>/dev/null || missing+=(python3-venv)
if [ "$purpose" != run ]; then
    need dovecot dovecot-imapd
    [ -d /usr/lib/dovecot/ ] && [ -x /usr/lib/dovecot/lmtp ] || missing+=(dovecot-lmtpd)
    [ -e /usr/lib/dovecot/modules/lib90_sieve_plugin.so ] || missing+=(dovecot-sieve)
    ls /usr/lib/postgresql/*/bin/postgres >/dev/null 2>&1 || missing+=(postgresql)
    need chromium chromium
    need strace strace
    need openssl openssl
fi
# Beside which reading is measured.
[ "$purpose" != bench ] || need ocrmypdf ocrmypdf

if [ "${#missing[@]}" -gt 0 ]; then
    root=()
    [ "$(id -u)" = 0 ] || root=(sudo)
    if ! command -v apt-get >/dev/null || ! { [ "$(id -u)" = 0 ] || command -v sudo >/dev/null; }; then
        say "These packages are needed and cannot be installed from here: ${missing[*]}"
        say "Install them and try again (names as in Debian and Ubuntu)."
        exit 1
    fi
    say "Installing system packages: ${missing[*]}"
    # A server package must not start a server of its own here.
    "${root[@]}" apt-get update -qq
    if ! "${root[@]}" env DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 \
        apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null; then
        say "apt-get could not install: ${missing[*]}. Install them and try again."
        exit 1
    fi
fi

[ -x .venv/bin/python ] || "$python" -m venv .venv
say "Installing Python packages into .venv (versions and hashes of requirements.lock)"
.venv/bin/python -m pip install --quiet --disable-pip-version-check \
    --require-hashes --requirement requirements.lock
.venv/bin/python -m pip install --quiet --disable-pip-version-check \
    --no-deps --no-build-isolation --editable . 
printf '%s' "$wanted" >"$stamp"
