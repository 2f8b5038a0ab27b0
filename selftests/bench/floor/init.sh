#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Init of the kernel that lpm_floor.sh boots: $FLOOR_DIR has the module and a file
# of routes for each of $FLOOR_TABLES.

export PATH=/usr/sbin:/usr/bin:/sbin:/bin
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t tmpfs tmpfs /run
ip link add d0 type dummy
ip addr add 198.18.0.1/24 dev d0
ip link set d0 up
for table in ${FLOOR_TABLES//,/ }; do
	# ip keeps the memory of each line
	rm -f /run/part.*
	split -l 10000 "$FLOOR_DIR/$table.routes" /run/part.
	for part in /run/part.*; do
		ip -batch "$part" || { echo "floor: $table: ip failed"; break 2; }
	done
	insmod "$FLOOR_DIR/lpm_floor.ko" name="$table" 2>/dev/null
	dmesg -c | sed -n 's/.*\(floor: \)/\1/p'
	seq -f 'route flush table %.0f' 1000 1999 | ip -force -batch - >/dev/null 2>&1
done
echo "floor: end"
halt -f
