#!/bin/sh
# Makes the Python environments in which the shipped adapters run, from PyPI, with pinned versions.
#
#     harness/adapters/make_environments.sh [FOLDER [PROGRAM …]]
#
# FOLDER is target/adapters unless given, PROGRAM mirp and pyradiomics. An environment that was made from the same pins is
# left as it is. Needs Python 3.11 (or what PYTHON names) and, for PyRadiomics, a C compiler.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
folder=${1:-$here/../../target/adapters}
[ $# -gt 0 ] && shift
[ $# -gt 0 ] || set -- mirp pyradiomics
python=${PYTHON:-python3.11}

for program; do
    environment=$folder/$program
    pins=$(cat "$here/$program"/requirements*.txt)
    if [ "$(cat "$environment/pins.txt" 2>/dev/null || true)" = "$pins" ]; then
        echo "$environment is there"
        continue
    fi
    rm -rf "$environment"
    "$python" -m venv "$environment"
    pip() { "$environment/bin/python" -m pip --disable-pip-version-check "$@"; }
    build=$here/$program/requirements-build.txt
    if [ -e "$build" ]; then
        pip install --quiet --no-deps --requirement "$build"
        pip install --quiet --no-deps --no-build-isolation --requirement "$here/$program/requirements.txt"
    else
        pip install --quiet --no-deps --only-binary :all: --requirement "$here/$program/requirements.txt"
    fi
    printf '%s\n' "$pins" >"$environment/pins.txt"
    echo "made $environment"
done
