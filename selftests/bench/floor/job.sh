#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# What lpm_floor.sh does in a kernel: $FLOOR_DIR has the module and a file of routes for
# each of $FLOOR_TABLES.

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
