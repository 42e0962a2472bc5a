# SPDX-License-Identifier: GPL-2.0-only
#
# What can be done in a checkout, outside of a kernel tree.

export KERNEL KERNELS JOBS TESTS FILE KDIR CPUS MEM V VMLINUX_BTF VMLINUX_H TASK_EXIT_STRICT

.PHONY: help vmtest verdict matrix mutants parse check bench install-tree clean
.DEFAULT_GOAL := help

define HELP
task_exit: does this kernel keep its promises about tasks that exit?

  make vmtest            the suite, on a real kernel in a virtual machine
  make verdict           which upstream fixes that kernel has, which to pick next
  make matrix            the suite on many kernels: a table, and results/matrix.html
  make parse FILE=       saved results or a serial log, for people to read
  make check             the project's own tests
  make bench             what the harness costs, beside a bare boot
  make mutants           kernels with one bug each: who notices? (MUTANTS=, QUICK=1, FULL=1)
  make install-tree      put the suite into the kernel tree KDIR
  make clean             remove what a build left here

What vmtest, verdict and bench take:

  KERNEL=7.1             a series or full version of Debian's archive (7.3)
  KERNEL=path/bzImage    or any kernel image for x86-64
  TESTS="cgroup_rmdir"   only these test programs (not verdict)
  FILE=results.ktap      results saved before, of any machine (verdict, parse)
  KDIR=~/linux           build with this kernel tree, not Debian's
  VMLINUX_BTF=, VMLINUX_H=   types of another kernel than KDIR's
  CPUS=2 MEM=512         the machine, MEM in MiB
  TASK_EXIT_STRICT=1     what upstream has not decided counts (vmtest only)
  V=1                    show the kernel log and the build as well

What matrix takes, besides TESTS, CPUS, MEM and KDIR:

  KERNELS="6.18 7.3"     instead of one of every era (7.3-rt: with PREEMPT_RT)
  JOBS=2                 machines at a time

What check takes:

  CHECKS="unit style"    only these: unit style report mutants tree vm fetch suite

In a kernel tree, after install-tree:

  make -C tools/testing/selftests TARGETS=task_exit run_tests

make fails with status 2 whatever failed. scripts/vmtest takes the same
variables from the environment and tells: 0 passed, 1 a test failed, 2 bad
usage or something is missing, 3 the machine failed, 4 all was skipped.
endef

help:
	@:$(info $(HELP))

vmtest:
	@exec scripts/vmtest run

verdict parse matrix:
	@exec scripts/report $@

mutants:
	@scripts/need build vm kernel
	@exec mutants/run $(if $(QUICK),--quick) $(if $(FULL),--full) $(if $(JOBS),--jobs "$(JOBS)") $(MUTANTS)

check:
	@scripts/need build vm check
	@exec check/run $(CHECKS)

bench:
	@exec scripts/vmtest bench

install-tree:
	@scripts/install-tree $(if $(KDIR),"$(KDIR)")

clean:
	@rm -rf obj task_exit task_exit_* cgroup_* scx_*
