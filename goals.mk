# SPDX-License-Identifier: GPL-2.0-only
#
# What can be done in a checkout, outside of a kernel tree.

KERNEL ?= 7.3
TESTS ?=
KDIR ?=
CPUS ?= 2
MEM ?= 512
V ?= 0

export VMLINUX_BTF VMLINUX_H V

.PHONY: help vmtest check bench install-tree clean
.DEFAULT_GOAL := help

define HELP
task_exit: does this kernel keep its promises about tasks that exit?

  make vmtest            the suite, on a real kernel in a virtual machine
  make check             the project's own tests
  make bench             what the harness costs, beside a bare boot
  make install-tree      put the suite into the kernel tree KDIR
  make clean             remove what a build left here

What vmtest and bench take:

  KERNEL=7.1             a series or full version of Debian's archive (7.3)
  KERNEL=path/bzImage    or any kernel image for x86-64
  TESTS="cgroup_rmdir"   only these test programs
  KDIR=~/linux           build with this kernel tree, not Debian's
  VMLINUX_BTF=, VMLINUX_H=   types of another kernel than KDIR's
  CPUS=2 MEM=512         the machine, MEM in MiB
  V=1                    show the kernel log and the build as well

What check takes:

  CHECKS="unit style"    only these: unit style tree vm fetch suite

In a kernel tree, after install-tree:

  make -C tools/testing/selftests TARGETS=task_exit run_tests

Exit status of vmtest: 0 passed, 1 a test failed, 2 bad usage or something
is missing, 3 the machine failed, 4 everything was skipped.
endef

help:
	@:$(info $(HELP))

vmtest:
	@scripts/need build vm
	@install=$$(scripts/build $(if $(KDIR),--kdir "$(KDIR)")) && \
	exec vm/run --kernel "$(KERNEL)" --cpus "$(CPUS)" --mem "$(MEM)" \
		$(if $(TESTS),--tests "$(TESTS)") "$$install"

check:
	@scripts/need build vm check
	@exec check/run $(CHECKS)

bench:
	@scripts/need build vm
	@install=$$(scripts/build $(if $(KDIR),--kdir "$(KDIR)")) && \
	exec vm/bench --kernel "$(KERNEL)" "$$install"

install-tree:
	@scripts/install-tree $(if $(KDIR),"$(KDIR)")

clean:
	@rm -rf obj task_exit cgroup_* scx_*
