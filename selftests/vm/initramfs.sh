#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Build the small initramfs that mounts the host's root file system read-only
# over 9p, puts a tmpfs overlay on top and starts guest.sh there as process 1.
#
# Usage: initramfs.sh KVER MODROOT FILE

set -u -o pipefail
# shellcheck source-path=SCRIPTDIR source=common.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/common.sh"

[ $# = 3 ] || { usage; exit 1; }
kver=$1 modroot=$2 file=$3
busybox=/bin/busybox

[ -x $busybox ] || die "no $busybox: install busybox-static"
[ "$file" -ot "${BASH_SOURCE[0]}" ] || [ ! -f "$file" ] || exit 0

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
mkdir -p "$tmp"/{bin,dev,proc,sys,host,rw,new,modules}
cp $busybox "$tmp/bin/busybox"
ln -s busybox "$tmp/bin/sh"

for name in virtio_pci 9pnet_virtio 9p overlay virtio_console; do
	modprobe -d "$modroot" -S "$kver" --show-depends "$name" || die "no module '$name' for $kver"
done | awk '$1 == "insmod" && !seen[$2]++ { print $2 }' >"$tmp/order" || exit 1
n=100
while read -r path; do
	n=$((n + 1))
	case $path in
	*.xz) xz -dc "$path" ;;
	*.zst) zstd -dc "$path" ;;
	*) cat "$path" ;;
	esac >"$tmp/modules/$n-$(basename "$path" | sed 's/\.ko.*/.ko/')"
done <"$tmp/order"
rm "$tmp/order"

cat >"$tmp/init" <<'END'
#!/bin/sh
b=/bin/busybox
$b mount -t proc proc /proc
$b mount -t sysfs sys /sys
$b mount -t devtmpfs dev /dev
for m in /modules/*.ko; do
	[ ! -f "$m" ] || $b insmod "$m" || echo "initramfs: cannot load $m"
done
o=trans=virtio,version=9p2000.L,ro,msize=262144,cache=loose
$b mount -t 9p -o $o host /host || echo "initramfs: cannot mount the host's root"
$b mount -t tmpfs -o size=75% tmpfs /rw
$b mkdir /rw/upper /rw/work
$b mount -t overlay -o lowerdir=/host,upperdir=/rw/upper,workdir=/rw/work overlay /new ||
	echo "initramfs: cannot mount the overlay"
for w in $($b cat /proc/cmdline); do
	case $w in
	vm.job=*) job=${w#vm.job=} ;;
	vm.guest=*) guest=${w#vm.guest=} ;;
	vm.trace) trace=-x; set -x ;;
	esac
done
$b umount /proc /sys /dev
exec $b switch_root /new /bin/bash $trace "$guest" "$job"
END
chmod +x "$tmp/init"
mkdir -p "$(dirname "$file")"
(cd "$tmp" && find . | cpio -o -H newc -R 0:0 --quiet) >"$file.new" && mv "$file.new" "$file"
