# SPDX-License-Identifier: GPL-2.0
# The module's objects are listed in Kbuild; this file drives it and the rest.

KREL ?= $(shell uname -r)
KDIR ?= /lib/modules/$(KREL)/build
PREFIX ?= /usr/local
MODDIR ?= /lib/modules/$(KREL)/updates

# One target after the other; the makes below may run in parallel.
.NOTPARALLEL:

all: tools module ## the tools, and the module for the running kernel or KDIR=

help: ## this list
	@echo 'Targets:'
	@sed -n 's/^\([a-z-]*\):[^#]*## \(.*\)/  \1\t\2/p' $(firstword $(MAKEFILE_LIST)) | expand -t 18
	@echo
	@echo 'Variables:'
	@echo '  KDIR=DIR       kernel headers to build the module against'
	@echo '  KERNELS="..."  for check: 6.1 6.12 6.1-rt 6.12-rt debug'
	@echo '  TESTS="..."    for check: only these test scripts, or unit, style, um'
	@echo '  V=1            for check: show every line the tests print'
	@echo '  EVERYWHERE=1   for check: every script on every kernel; takes hours'
	@echo '  DESTDIR= PREFIX=  for install (default PREFIX: $(PREFIX))'

module: ## vrouter.ko
	@test -f $(KDIR)/Makefile || { \
		echo 'error: no kernel headers in KDIR=$(KDIR)'; \
		echo 'Install them (apt-get install linux-headers-$(KREL)), or name others: make KDIR=DIR'; \
		exit 1; } >&2
	$(MAKE) -C $(KDIR) M=$(CURDIR) modules

tools: ## vrctl and the plugin for ip link
	$(MAKE) -C tools

genl: ## regenerate what comes from Documentation/netlink/specs/vrouter.yaml
	tools/genl.sh

check: ## all tests, in VMs with several kernels (installs what it lacks)
	selftests/deps.sh
	$(MAKE) -C selftests/helpers
	selftests/run.sh

bench: ## what forwarding costs, beside what else Linux has, in a VM: Documentation/performance.rst
	selftests/deps.sh build vm test figures
	selftests/bench/bench.sh

bench-baseline: ## what the module costs now becomes what check compares with
	selftests/deps.sh build vm test figures
	selftests/bench/bench.sh --baseline

bench-code: ## scheduler and lookup alone, in user space at native speed, against their bars
	selftests/deps.sh build
	selftests/bench/run.sh

demo: ## three routers share one CPU by weight, in a VM (installs what it lacks)
	selftests/deps.sh vm
	selftests/demo/demo.sh

figures: ## the paper's figures, measured in a VM: Documentation/figures.rst (takes an hour)
	selftests/deps.sh build vm figures
	selftests/figures/figures.sh

style: ## checkpatch, sparse, W=1, kernel-doc, shellcheck, clang-format
	selftests/style.sh

um: ## build the module for ARCH=um
	selftests/um.sh

shell: ## a shell in a VM with the module installed (KERNEL=6.12)
	selftests/vm/vm.sh --kernel $(or $(KERNEL),6.12) --shell

install: all ## the module for KREL, the tools below PREFIX
	install -D -m 644 vrouter.ko $(DESTDIR)$(MODDIR)/vrouter.ko
	$(if $(DESTDIR),,depmod $(KREL))
	$(MAKE) -C tools install DESTDIR=$(DESTDIR) PREFIX=$(PREFIX)

uninstall: ## what install has put there
	rm -f $(DESTDIR)$(MODDIR)/vrouter.ko
	$(if $(DESTDIR),,depmod $(KREL))
	$(MAKE) -C tools uninstall DESTDIR=$(DESTDIR) PREFIX=$(PREFIX)

clean: ## everything built in the tree (not the cache of kernels)
	for dir in tools $(dir $(wildcard selftests/*/Makefile)); do $(MAKE) -C $$dir clean || exit; done
	rm -rf build
	find . -name .git -prune -o \( -name '*.o' -o -name '*.ko' -o -name '*.mod' -o -name '*.mod.c' \
		-o -name '*.cmd' -o -name '*.symvers' -o -name modules.order \) -type f -exec rm -f {} +

.PHONY: all help module tools genl check bench bench-baseline bench-code demo figures style um shell install uninstall clean
