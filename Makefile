# SPDX-License-Identifier: GPL-2.0
# The module's objects are listed in Kbuild; this file drives it and the rest.

ifdef KREL
KDIR ?= /lib/modules/$(KREL)/build
else
KDIR ?= /lib/modules/$(shell uname -r)/build
KREL = $(or $(shell sed -n 's/.*UTS_RELEASE "\(.*\)"/\1/p' $(KDIR)/include/generated/utsrelease.h 2>/dev/null),$(shell uname -r))
endif
PREFIX ?= /usr/local
INCLUDEDIR ?= $(PREFIX)/include
SPECDIR ?= $(PREFIX)/share/ynl/specs
MODDIR ?= /lib/modules/$(KREL)/updates

VR_VERSION := $(shell sed -n 's/^VR_VERSION := //p' Kbuild)
DKMSDIR := /usr/src/vrouter-$(VR_VERSION)
UAPI := $(wildcard include/uapi/linux/*.h)
SPEC := Documentation/netlink/specs/vrouter.yaml
INSTALL ?= install

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
	@echo '  TESTS="..."    for check: only these test scripts, or unit, style, um, packages'
	@echo '  V=1            for check: show every line the tests print'
	@echo '  EVERYWHERE=1   for check: every script on every kernel; takes hours'
	@echo '  DESTDIR= PREFIX=  for install (default PREFIX: $(PREFIX))'

module: ## vrouter.ko
	@test -f $(KDIR)/Makefile || { \
		echo 'error: no kernel headers in KDIR=$(KDIR)'; \
		echo 'Install them (apt-get install linux-headers-$(KREL)), or name others: make KDIR=DIR'; \
		exit 1; } >&2
	$(MAKE) -C $(KDIR) M=$(CURDIR) modules

tools: ## vrctl, the plugin for ip link, the exporter of metrics
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

bench-native: ## the same in ns, in a kernel that runs as a process of this machine
	selftests/deps.sh build vm test figures
	selftests/bench/bench.sh --native

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
	selftests/deps.sh build vm test figures
	selftests/figures/figures.sh
	selftests/demo/record.sh

style: ## checkpatch, sparse, W=1, kernel-doc, shellcheck, clang-format
	selftests/style.sh

html: ## Documentation and manual pages as a book, in build/book/html
	selftests/deps.sh book
	tools/book.sh

um: ## build the module for ARCH=um
	selftests/um.sh

shell: ## a shell in a VM with the module installed (KERNEL=6.12)
	selftests/vm/vm.sh --kernel $(or $(KERNEL),6.12) --shell

install: install-module install-tools install-dev ## module for KREL, tools, headers, below DESTDIR and PREFIX

uninstall: uninstall-module uninstall-tools uninstall-dev ## what install has put there

install-module: module
	$(INSTALL) -d $(DESTDIR)$(MODDIR)
	$(INSTALL) -m 644 vrouter.ko $(DESTDIR)$(MODDIR)
	$(if $(DESTDIR),,depmod $(KREL))

uninstall-module:
	rm -f $(DESTDIR)$(MODDIR)/vrouter.ko
	! test -d $(DESTDIR)$(MODDIR) || rmdir --ignore-fail-on-non-empty $(DESTDIR)$(MODDIR)
	$(if $(DESTDIR),,depmod $(KREL))

install-tools uninstall-tools:
	$(MAKE) -C tools $(@:-tools=) DESTDIR=$(DESTDIR) PREFIX=$(PREFIX)

install-dev:
	$(INSTALL) -d $(DESTDIR)$(INCLUDEDIR)/linux $(DESTDIR)$(SPECDIR)
	$(INSTALL) -m 644 $(UAPI) $(DESTDIR)$(INCLUDEDIR)/linux
	$(INSTALL) -m 644 $(SPEC) $(DESTDIR)$(SPECDIR)

uninstall-dev:
	rm -f $(addprefix $(DESTDIR)$(INCLUDEDIR)/linux/,$(notdir $(UAPI))) $(DESTDIR)$(SPECDIR)/$(notdir $(SPEC))

install-dkms: ## the module's source, which DKMS builds for each kernel (instead of the module)
	$(INSTALL) -d $(DESTDIR)$(DKMSDIR)
	cp -R --parents Kbuild $(wildcard kmod/*.[ch]) $(UAPI) $(DESTDIR)$(DKMSDIR)
	sed 's/#MODULE_VERSION#/$(VR_VERSION)/' dkms.conf >$(DESTDIR)$(DKMSDIR)/dkms.conf
	$(if $(DESTDIR),,dkms install vrouter/$(VR_VERSION) -k $(KREL))

uninstall-dkms: ## what install-dkms has put there
	$(if $(DESTDIR),,dkms remove vrouter/$(VR_VERSION) --all)
	rm -rf $(DESTDIR)$(DKMSDIR)

deb: ## Debian packages in build/deb: vrouter-dkms, vrouter-tools, vrouter-dev
	selftests/deps.sh build packages
	tools/deb.sh

check-deb: ## the packages: lintian, and what they do when installed, upgraded, removed, purged
	selftests/deps.sh build packages
	selftests/packages.sh

clean: ## everything built in the tree (not the cache of kernels)
	for dir in tools $(dir $(wildcard selftests/*/Makefile)); do $(MAKE) -C $$dir clean || exit; done
	rm -rf build
	find . -name .git -prune -o \( -name '*.o' -o -name '*.ko' -o -name '*.mod' -o -name '*.mod.c' \
		-o -name '*.cmd' -o -name '*.symvers' -o -name modules.order \) -type f -exec rm -f {} +

.PHONY: all help module tools genl check bench bench-native bench-baseline bench-code demo figures style html um shell clean
.PHONY: install install-module install-tools install-dev install-dkms deb check-deb
.PHONY: uninstall uninstall-module uninstall-tools uninstall-dev uninstall-dkms
