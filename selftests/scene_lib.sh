# SPDX-License-Identifier: GPL-2.0
# For tests of what the tools make of a kernel's answers: these come from a file
# (helpers/scene.c), so that nothing depends on a machine. Sourced after lib.sh.
# shellcheck shell=bash

SCENE_DIR=$(mktemp -d)
defer rm -rf "$SCENE_DIR"
export SCENE=$SCENE_DIR/scene SCENE_LOG=$SCENE_DIR/log
SCENE_LIB=$SELFTESTS/helpers/scene.so

# Made by `make -C selftests/helpers`, here if that was not run.
scene_setup()
{
	if [ ! "$SCENE_LIB" -nt "$SELFTESTS/helpers/scene.c" ]; then
		require_command gcc
		SCENE_LIB=$SCENE_DIR/scene.so
		gcc -O1 -I"$TOP/include/uapi" -fPIC -shared -o "$SCENE_LIB" \
			"$SELFTESTS/helpers/scene.c" -lmnl || die "cannot build scene.so"
	fi
	printf '#!/bin/sh\nLD_PRELOAD=%s exec %s "$@"\n' "$SCENE_LIB" "$(command -v vrctl)" \
		>"$SCENE_DIR/on_scene"
	chmod +x "$SCENE_DIR/on_scene"
	PATH=$SCENE_DIR:$PATH
}

# scene LINE...: from now on this is what there is. At once, or not at all.
scene()
{
	printf '%s\n' "$@" >"$SCENE.new"
	mv "$SCENE.new" "$SCENE"
	: >"$SCENE_LOG"
}

# What three routers on two CPUs may look like.
three_routers()
{
	scene \
		'cpu 0 queues=2 busy=0+900000000 billed=0+850000000 polls=20 switches=15 outside=0+60000000 ingress=0+10000000 lagmax=123456 bound=234567 slice=50 khz=2500000' \
		'cpu 1 queues=0 busy=0+300000000 billed=0+280000000 polls=10 switches=5 outside=0+30000000 ingress=0+10000000 lagmax=1000 bound=2000 slice=20 khz=2500000' \
		'vr 5 red weight=200 cpus=0-1 rx=0+500000 tx=0+500000 used=0+600000000 entitled=0+600000000 lag=-12345 qlen=1 cost=1234' \
		'vr 6 blue weight=100 cpus=0 rx=0+100000 tx=0+90000 used=0+250000000 entitled=0+300000000 lag=45678 qlen=512 cost=3000 drop.queue_full=0+12000' \
		'vr 7 green weight=100 cpus=0-1 quarantine=1 used=0+1000000 entitled=0' \
		'latency 5 256:0+100 320:0+10' \
		'latency 6 1024:0+100 1048576:0+20'
}
