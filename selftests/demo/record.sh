#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Make Documentation/figures/top.svg: what vrctl top shows of three routers that share a CPU,
# in a VM with simulated NICs and a clock that counts instructions.
#
# Usage: record.sh [FILE]

set -eu -o pipefail
DIR=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd -P)
TOP=$(dirname "$(dirname "$DIR")")
file=${1:-$TOP/Documentation/figures/top.svg}

make -s -C "$TOP/tools"
screen=$("$TOP/selftests/vm/vm.sh" --icount --smp 1 --timeout 600 -- "$DIR/screen.sh")
python3 "$DIR/svg.py" "vrctl top" <<<"$screen" >"$file.new"
mv "$file.new" "$file"
